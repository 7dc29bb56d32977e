import { isDeepStrictEqual } from 'node:util';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  DatadogHttpMetricExporter,
  type DatadogHttpMetricExporterOptions,
} from '@tallykit/exporter-datadog-http';
import { createMetrics } from '@tallykit/metrics';
import { histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { expect, test, type TestContext } from 'vitest';
import { normal, pareto, seededRandom } from '../random.ts';
import { runs } from '../runs.ts';
import {
  startVictoriaMetrics,
  victoriaMetricsObstacle,
  type DatadogEndpoint,
  type StoredSeries,
  type VictoriaMetrics,
} from '../servers/victoria-metrics.ts';
import { skipBecause } from './skip-because.ts';

const SERIES = runs(10_000);
const INTERVALS = 6;
const ENDPOINTS = { v1: '/api/v1/series', v2: '/api/v2/series' } as const;

const obstacle = victoriaMetricsObstacle();

/** VictoriaMetrics, if it is there and knows the endpoint. */
async function start(context: TestContext, endpoint: DatadogEndpoint): Promise<VictoriaMetrics> {
  if (obstacle !== undefined) skipBecause(context, obstacle);
  const server = await startVictoriaMetrics();
  if (await server.knows(endpoint)) return server;
  await server.stop();
  skipBecause(context, `this VictoriaMetrics is too old to have ${endpoint}`);
}

/** The whole main job, to VictoriaMetrics. */
function send(server: VictoriaMetrics, options: DatadogHttpMetricExporterOptions) {
  const exporter = new DatadogHttpMetricExporter({
    apiKey: 'any',
    url: server.datadogUrl,
    hostname: 'web-1',
    ...options,
  });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 600_000,
    cardinalityLimits: { default: SERIES + 1 },
  });
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'worker-7' });
  const meterProvider = new MeterProvider({ readers: [reader], resource });
  const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: SERIES + 1 });
  return { exporter, meterProvider, metrics };
}

const LABELS = { host: 'web-1', service: 'shop' };

test.for(['v1', 'v2'] as const)(
  `${SERIES} series in 6 intervals reach VictoriaMetrics over %s with every value, tag and host`,
  { timeout: 180_000 },
  async (apiVersion, context) => {
    await using server = await start(context, ENDPOINTS[apiVersion]);
    const { exporter, meterProvider, metrics } = send(server, { apiVersion });
    const valueOf = (series: number, interval: number) => 1 + ((series * 7919 + interval * 104_729) % 9973);
    for (let interval = 0; interval < INTERVALS; interval += 1) {
      for (let series = 0; series < SERIES; series += 1) {
        const tags = { customer: series, region: series % 2 ? 'eu' : 'us' };
        const value = valueOf(series, interval);
        // An eighth of the value, which is exact in the 32 bits that version 1 may have, too.
        if (series % 2) metrics.incr('orders', value, { tags });
        else metrics.gauge('queue.depth', value / 8 - 500, { tags });
      }
      await meterProvider.forceFlush();
    }
    const points = SERIES * INTERVALS;
    expect(exporter.stats()).toMatchObject({
      received: { points },
      exported: { points },
      pending: { points: 0 },
      dropped: { points: 0 },
    });

    const stored = await server.series();
    expect(stored).toHaveLength(SERIES);
    const wrong = stored.filter(({ name, labels, values, timestamps }) => {
      const series = Number(labels['customer']);
      const isCount = series % 2 === 1;
      const expected = {
        name: isCount ? 'orders' : 'queue.depth',
        labels: {
          ...LABELS,
          customer: String(series),
          process: 'worker-7',
          region: isCount ? 'eu' : 'us',
        },
        values: Array.from({ length: INTERVALS }, (_, interval) =>
          isCount ? valueOf(series, interval) : valueOf(series, interval) / 8 - 500,
        ),
      };
      const isInOrder = timestamps.every((time, index) => index === 0 || time > timestamps[index - 1]!);
      return !isInOrder || !isDeepStrictEqual({ name, labels, values }, expected);
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(wrong).toHaveLength(0);
    await meterProvider.shutdown();
  },
);

test.for([
  ['v1', 'count'],
  ['v1', 'rate'],
  ['v2', 'count'],
  ['v2', 'rate'],
] as const)(
  'counters and the counts of histograms reach VictoriaMetrics over %s as %ss of 10 seconds',
  async ([apiVersion, countersAs], context) => {
    await using server = await start(context, ENDPOINTS[apiVersion]);
    const { exporter, meterProvider } = send(server, {
      apiVersion,
      countersAs,
      histograms: 'aggregates',
      aggregates: { avg: false, min: false, max: false },
      percentiles: [],
    });
    const divisor = countersAs === 'rate' ? 10 : 1;
    const now = Math.floor(Date.now() / 1000) - 10 * INTERVALS;
    const counted = [30, 7, 0.5, 123_456_789, 1, 3];
    for (const [interval, value] of counted.entries()) {
      const options = { attributes: { plan: 'pro' }, endSeconds: now + 10 * interval };
      const buckets = { boundaries: [], counts: [7 * (interval + 1)] };
      const data = [
        sumData('orders', value, options),
        histogramData('size', { buckets, count: 7 * (interval + 1), sum: 2.5 * interval + 1 }, options),
      ];
      await new Promise((resolve) => exporter.export(resourceMetrics(data), resolve));
    }
    expect(exporter.stats()).toMatchObject({
      exported: { points: 12, amount: counted.reduce((sum, value) => sum + value, 0) },
    });
    const stored = await server.series();
    const read = stored.map(({ name, values, timestamps }) => ({ name, values, timestamps }));
    const timestamps = counted.map((_, interval) => 1000 * (now + 10 * interval));
    expect(read.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'orders', timestamps, values: counted.map((value) => close(value / divisor)) },
      {
        name: 'size.count',
        timestamps,
        values: counted.map((_, interval) => close((7 * (interval + 1)) / divisor)),
      },
      // A sum is a count in both.
      { name: 'size.sum', timestamps, values: counted.map((_, interval) => close(2.5 * interval + 1)) },
    ]);
    await meterProvider.shutdown();
  },
);

/** VictoriaMetrics keeps about eleven digits. */
function close(value: number): unknown {
  return expect.toSatisfy((read: number) => Math.abs(read / value - 1) < 1e-9);
}

test.for(['v1', 'v2'] as const)(
  'histograms as aggregates reach VictoriaMetrics over %s',
  async (apiVersion, context) => {
    await using server = await start(context, ENDPOINTS[apiVersion]);
    const { meterProvider, metrics } = send(server, {
      apiVersion,
      histograms: 'aggregates',
      percentiles: [50, 99],
      compression: 'gzip',
    });
    for (let value = 1; value <= 1000; value += 1) metrics.distribution('size', value, { unit: 'By' });
    await meterProvider.shutdown();
    const stored = await server.series();
    const valueOf = (name: string) => stored.find((one) => one.name === name)?.values;
    expect(stored).toHaveLength(7);
    expect(valueOf('size.count')).toEqual([1000]);
    expect(valueOf('size.sum')).toEqual([500_500]);
    expect(valueOf('size.avg')).toEqual([500.5]);
    expect(valueOf('size.min')).toEqual([1]);
    expect(valueOf('size.max')).toEqual([1000]);
    expect(valueOf('size.50percentile')![0]! / 500).toBeCloseTo(1, 2);
    expect(valueOf('size.99percentile')![0]! / 990).toBeCloseTo(1, 2);
  },
);

const VALUES = 200_000;
const distributions = {
  lognormal: (random: () => number) => 30 * Math.exp(normal(random)),
  bimodal: (random: () => number) => (random() < 0.7 ? 20 : 900) * Math.exp(0.2 * normal(random)),
  pareto: (random: () => number) => 5 * pareto(random, 1.5),
  tiny: (random: () => number) => 1e-6 * Math.exp(normal(random)),
};

test(
  'VictoriaMetrics reads quantiles, counts and sums from sketches of 200,000 values',
  { timeout: 120_000 },
  async (context) => {
    await using server = await start(context, '/api/beta/sketches');
    const { meterProvider, metrics } = send(server, {});
    // More values than one bin of 16 bits has: its key is sent twice.
    for (let value = 0; value < VALUES; value += 1) metrics.timing('constant', 7);
    const recorded = new Map<string, number[]>();
    for (const [index, [name, draw]] of Object.entries(distributions).entries()) {
      const random = seededRandom(index + 1);
      const values = Array.from({ length: VALUES }, () => draw(random));
      for (const value of values) metrics.timing(name, value, { tags: { plan: 'pro' } });
      recorded.set(name, values);
    }
    await meterProvider.shutdown();

    const stored = await server.series();
    for (const [suffix, value] of [
      ['.count', VALUES],
      ['.sum', 7 * VALUES],
      ['.min', 7],
      ['.max', 7],
    ] as const)
      expect(stored.find(({ name }) => name === `constant${suffix}`)?.values).toEqual([value]);
    // Half a bin, because the value is not where the bin begins, and the bin within which it interpolates.
    for (const { values } of stored.filter(({ name }) => name === 'constant'))
      expect(Math.abs(values[0]! / 7 - 1)).toBeLessThan(1.5 / 64);
    for (const [name, values] of recorded) {
      const of = (suffix: string, labels = {}): StoredSeries[] =>
        stored.filter(
          (one) => one.name === name + suffix && matches(one, { ...LABELS, plan: 'pro', ...labels }),
        );
      const sorted = values.toSorted((first, second) => first - second);
      expect(of('.count').map((one) => one.values)).toEqual([[VALUES]]);
      for (const [suffix, exact] of [
        ['.sum', values.reduce((total, value) => total + value, 0)],
        ['.min', sorted[0]!],
        ['.max', sorted.at(-1)!],
      ] as const) {
        // It keeps about eleven digits.
        expect(Math.abs(of(suffix)[0]!.values[0]! / exact - 1)).toBeLessThan(1e-9);
      }
      for (const quantile of [0.5, 0.75, 0.9, 0.95, 0.99]) {
        const [read] = of('', { quantile: String(quantile) });
        const exact = sorted[Math.round(quantile * (VALUES - 1))]!;
        const error = Math.abs(read!.values[0]! - exact) / exact;
        expect(error, `quantile ${quantile} of ${name}`).toBeLessThan(0.02);
      }
    }
  },
);

function matches({ labels }: StoredSeries, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
