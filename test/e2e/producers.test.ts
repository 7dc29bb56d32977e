import type { MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import {
  AggregationType,
  DataPointType,
  InstrumentType,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type {
  ExponentialHistogram,
  MetricData,
  MetricProducer,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { LoggingMetricExporter } from '@tallykit/exporter-logging';
import { NoopMetricExporter } from '@tallykit/exporter-noop';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import type { Metrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import { startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';

const SCOPE = '@tallykit/metrics';

const NAMES = {
  incr: 'orders',
  upDown: 'active',
  gauge: 'queue.depth',
  timing: 'db.query',
  distribution: 'upload.size',
} as const;

type Verb = keyof typeof NAMES;

interface Call {
  readonly verb: Verb;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Calls of all verbs. Sums of their values are exact, in whatever order they are added. */
function callsOf(seed: number): Call[] {
  const random = seededRandom(seed);
  const verbs = Object.keys(NAMES) as Verb[];
  return Array.from({ length: 3_000 }, () => {
    const verb = verbs[Math.floor(random() * verbs.length)]!;
    const value = Math.floor(random() ** 4 * 80_000) / 8;
    const tags = {
      plan: random() < 0.5 ? 'free' : 'pro',
      ...(random() < 0.7 && { region: `r "${Math.floor(random() * 4)}" \\ é` }),
    };
    return { verb, value: verb === 'upDown' && random() < 0.5 ? -value : value, tags };
  });
}

function recordInMetrics(metrics: Metrics, calls: readonly Call[]): void {
  for (const { verb, value, tags } of calls) {
    metrics[verb](NAMES[verb], value, { tags, ...(verb === 'distribution' && { unit: 'By' }) });
  }
}

/** Records the same in instruments of OpenTelemetry's own API. */
function instrumentsOf(provider: ApiMeterProvider): (calls: readonly Call[]) => void {
  const meter = provider.getMeter(SCOPE);
  const orders = meter.createCounter(NAMES.incr);
  const active = meter.createUpDownCounter(NAMES.upDown);
  const depth = meter.createGauge(NAMES.gauge);
  const query = meter.createHistogram(NAMES.timing, { unit: 'ms' });
  const size = meter.createHistogram(NAMES.distribution, { unit: 'By' });
  meter.createObservableGauge('heap').addCallback((result) => result.observe(17.5, { part: 'old' }));
  return (calls) => {
    for (const { verb, value, tags } of calls) {
      if (verb === 'incr') orders.add(value, tags);
      else if (verb === 'upDown') active.add(value, tags);
      else if (verb === 'gauge') depth.record(value, tags);
      else if (verb === 'timing') query.record(value, tags);
      else size.record(value, tags);
    }
  };
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  constructor(
    wishes: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>,
    metricProducers: MetricProducer[],
  ) {
    super({
      aggregationSelector: (type) => wishes.selectAggregation?.(type) ?? { type: AggregationType.DEFAULT },
      aggregationTemporalitySelector: (type) => wishes.selectAggregationTemporality!(type),
      metricProducers,
    });
  }

  async data(): Promise<ResourceMetrics> {
    const { resourceMetrics, errors } = await this.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    return resourceMetrics;
  }
}

/** The histogram at a coarser scale: each of its buckets has 2 ** `coarser` of the former ones. */
function atScale({ scale, positive, ...others }: ExponentialHistogram, wanted: number): ExponentialHistogram {
  const coarser = 2 ** (scale - wanted);
  const offset = Math.floor(positive.offset / coarser);
  const bucketCounts: number[] = [];
  for (const [place, count] of positive.bucketCounts.entries()) {
    const bucket = Math.floor((positive.offset + place) / coarser) - offset;
    bucketCounts[bucket] = (bucketCounts[bucket] ?? 0) + count;
  }
  return {
    ...others,
    scale: wanted,
    positive: { offset: positive.bucketCounts.length > 0 ? offset : 0, bucketCounts },
  };
}

const MAX_SCALE = 8;

/** Without its times, and sorted. Exponential histograms are at no finer scale than a producer's finest one. */
function comparable({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  const sortedBy = <T>(items: readonly T[], keyOf: (item: T) => string): T[] =>
    items.toSorted((first, second) => (keyOf(first) < keyOf(second) ? -1 : 1));
  return {
    resource,
    scopeMetrics: sortedBy(scopeMetrics, ({ scope }) => scope.name).map(({ scope, metrics }) => ({
      scope,
      metrics: sortedBy(metrics, ({ descriptor }) => descriptor.name).map((metric) => {
        const points = metric.dataPoints.map((point) => ({
          value:
            metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM
              ? atScale(
                  point.value as ExponentialHistogram,
                  Math.min((point.value as ExponentialHistogram).scale, MAX_SCALE),
                )
              : point.value,
          startTime: [0, 0],
          endTime: [0, 0],
          attributes: Object.fromEntries(sortedBy(Object.entries(point.attributes), ([name]) => name)),
        }));
        return {
          ...metric,
          dataPoints: sortedBy(points, ({ attributes }) => JSON.stringify(attributes)),
        } as MetricData;
      }),
    })),
  };
}

const decoder = new TextDecoder();

function otlpJson(data: ResourceMetrics): unknown {
  return JSON.parse(decoder.decode(JsonMetricsSerializer.serializeRequest(data)));
}

const OTLP = {
  cumulative: AggregationTemporalityPreference.CUMULATIVE,
  delta: AggregationTemporalityPreference.DELTA,
  lowmemory: AggregationTemporalityPreference.LOWMEMORY,
} as const;

function otlpExporter(preference: keyof typeof OTLP, isExponential: boolean): OTLPMetricExporter {
  return new OTLPMetricExporter({
    temporalityPreference: OTLP[preference],
    ...(isExponential && {
      aggregationPreference: (type: InstrumentType) => ({
        type:
          type === InstrumentType.HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
      }),
    }),
  });
}

type Wishes = NonNullable<Parameters<typeof createMetricProducer>[0]>;

/** An exporter, and what the producer is made with: the exporter itself, or options that mean the same. */
const EXPORTERS: readonly [title: string, create: () => PushMetricExporter, wishes?: Wishes][] = [
  ...(Object.keys(OTLP) as (keyof typeof OTLP)[]).flatMap((temporality): typeof EXPORTERS => [
    [`${temporality}, explicit`, () => otlpExporter(temporality, false)],
    [`${temporality}, exponential`, () => otlpExporter(temporality, true)],
    [`${temporality}, explicit, by options`, () => otlpExporter(temporality, false), { temporality }],
    [
      `${temporality}, exponential, by options`,
      () => otlpExporter(temporality, true),
      { temporality, histograms: { maxSize: 160 } },
    ],
  ]),
  ['cumulative, explicit, without options', () => otlpExporter('cumulative', false), {}],
  ['as an exporter of Tallykit wants it', () => new LoggingMetricExporter({ logger: () => undefined })],
  ['as the exporter without a backend wants it', () => new NoopMetricExporter()],
];

describe('OTLP', () => {
  it.each(EXPORTERS)('of a producer is that of instruments: %s', async (_, create, wishes) => {
    const exporter = create();
    const producer = createMetricProducer(wishes ?? { exporter });
    const own = new ManualReader(exporter, [producer]);
    const raw = new ManualReader(exporter, []);
    const [ownProvider, rawProvider] = [own, raw].map((reader) => new MeterProvider({ readers: [reader] }));
    const metrics = createMetrics({ producers: [producer] });
    metrics.observe('heap', () => 17.5, { tags: { part: 'old' } });
    const recordRaw = instrumentsOf(rawProvider!);
    for (const calls of [callsOf(1), callsOf(2).slice(0, 20), [], callsOf(3)]) {
      recordInMetrics(metrics, calls);
      recordRaw(calls);
      const [ofOwn, ofRaw] = [comparable(await own.data()), comparable(await raw.data())];
      expect(otlpJson(ofOwn)).toEqual(otlpJson(ofRaw));
      const [bytesOfOwn, bytesOfRaw] = [ofOwn, ofRaw].map((data) =>
        ProtobufMetricsSerializer.serializeRequest(data)!,
      );
      expect(bytesOfOwn!.length).toBeGreaterThan(100);
      expect(Buffer.from(bytesOfOwn!).equals(Buffer.from(bytesOfRaw!))).toBe(true);
    }
    await Promise.all([ownProvider!.shutdown(), rawProvider!.shutdown(), exporter.shutdown()]);
  });

  it('of a producer as it is has the times of its points in both formats', async () => {
    const exporter = otlpExporter('delta', true);
    const producer = createMetricProducer({ exporter });
    const reader = new ManualReader(exporter, [producer]);
    const provider = new MeterProvider({ readers: [reader] });
    recordInMetrics(createMetrics({ producers: [producer] }), callsOf(4));
    const data = await reader.data();
    const [start, end] = [data.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!]
      .flatMap(({ startTime, endTime }) => [startTime, endTime])
      .map(([seconds, nanos]) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos));
    expect(JSON.stringify(otlpJson(data))).toContain(
      `"startTimeUnixNano":"${start}","timeUnixNano":"${end}"`,
    );
    const fixed = (nanos: bigint): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(nanos);
      return bytes;
    };
    const bytes = Buffer.from(ProtobufMetricsSerializer.serializeRequest(data)!);
    expect(bytes.includes(fixed(start!)) && bytes.includes(fixed(end!))).toBe(true);
    await Promise.all([provider.shutdown(), exporter.shutdown()]);
  });
});

describe('Prometheus', () => {
  /** Its lines in an order of their own, and the labels of each too. */
  function sortedLines(text: string): string[] {
    return text
      .split('\n')
      .map((line) =>
        line.replace(/\{(.*)\}/, (_, labels: string) => {
          const each = [...labels.matchAll(/\w+="(?:[^"\\]|\\.)*"/g)].map(([label]) => label);
          expect(each.join(',')).toBe(labels);
          return `{${each.sort().join(',')}}`;
        }),
      )
      .sort();
  }

  it('shows for a producer without options what it shows for instruments', async () => {
    const producer = createMetricProducer();
    const [own, raw] = [[producer], []].map(
      (metricProducers) => new PrometheusExporter({ preventServerStart: true, metricProducers }),
    ) as [PrometheusExporter, PrometheusExporter];
    const providers = [own, raw].map((reader) => new MeterProvider({ readers: [reader] }));
    const metrics = createMetrics({ producers: [producer] });
    metrics.observe('heap', () => 17.5, { tags: { part: 'old' } });
    const recordRaw = instrumentsOf(providers[1]!);
    for (const calls of [callsOf(5), [], callsOf(6)]) {
      recordInMetrics(metrics, calls);
      recordRaw(calls);
      const [ofOwn, ofRaw] = await Promise.all(
        [own, raw].map(async (reader) => {
          const { resourceMetrics, errors } = await reader.collect();
          expect(errors).toEqual([]);
          return sortedLines(new PrometheusSerializer().serialize(resourceMetrics));
        }),
      );
      expect(ofOwn).toEqual(ofRaw);
      expect(ofOwn!.filter((line) => line.startsWith('db_query_bucket')).length).toBeGreaterThan(50);
    }
    await Promise.all(providers.map((provider) => provider.shutdown()));
  });
});

/** An exporter with its server. */
interface Subject {
  readonly exporter: PushMetricExporter & Pick<NoopMetricExporter, 'stats'>;
  readonly stop: () => Promise<unknown>;
}

const SUBJECTS: readonly [title: string, start: () => Promise<Subject>][] = [
  [
    'StatsdMetricExporter',
    async () => {
      const server = await startUdpServer();
      const exporter = new StatsdMetricExporter({ port: server.port, processTag: false });
      return { exporter, stop: () => server.close() };
    },
  ],
  [
    'StatsdMetricExporter without tags',
    async () => {
      const server = await startUdpServer();
      const exporter = new StatsdMetricExporter({
        port: server.port,
        dialect: 'none',
        histograms: 'aggregates',
      });
      return { exporter, stop: () => server.close() };
    },
  ],
  [
    'DogStatsdMetricExporter',
    async () => {
      const server = await startUdpServer();
      const exporter = new DogStatsdMetricExporter({
        url: `udp://127.0.0.1:${server.port}`,
        processTag: false,
      });
      return { exporter, stop: () => server.close() };
    },
  ],
  [
    'DatadogHttpMetricExporter',
    async () => {
      const intake = await startDatadogIntake();
      const exporter = new DatadogHttpMetricExporter({ apiKey: 'any', url: intake.url, processTag: false });
      return { exporter, stop: () => intake.close() };
    },
  ],
  [
    'DatadogHttpMetricExporter whose intake refuses everything',
    async () => {
      const intake = await startDatadogIntake();
      intake.scriptAll({ status: 400 });
      const exporter = new DatadogHttpMetricExporter({ apiKey: 'any', url: intake.url, processTag: false });
      return { exporter, stop: () => intake.close() };
    },
  ],
  [
    'LoggingMetricExporter',
    async () => ({
      exporter: new LoggingMetricExporter({ logger: () => undefined }),
      stop: async () => undefined,
    }),
  ],
  [
    'LoggingMetricExporter whose logger throws',
    async () => ({
      exporter: new LoggingMetricExporter({
        logger: () => {
          throw new Error('disk full');
        },
      }),
      stop: async () => undefined,
    }),
  ],
  ['NoopMetricExporter', async () => ({ exporter: new NoopMetricExporter(), stop: async () => undefined })],
  [
    'TimeseriesMetricExporter',
    async () => ({
      exporter: new TimeseriesMetricExporter({ store: new TimeseriesStore() }),
      stop: async () => undefined,
    }),
  ],
];

describe('what an exporter has received, exported and dropped', () => {
  it.each(SUBJECTS)('is the same on both destinations: %s', async (_, start) => {
    const accounts = await Promise.all(
      (['instruments', 'producers'] as const).map(async (destination) => {
        const { exporter, stop } = await start();
        const producer = createMetricProducer({ exporter });
        const reader = new PeriodicExportingMetricReader({
          exporter,
          // Each collection is asked for.
          exportIntervalMillis: 600_000,
          metricProducers: destination === 'producers' ? [producer] : [],
        });
        const meterProvider = new MeterProvider({ readers: [reader] });
        const metrics = createMetrics(
          destination === 'producers' ? { producers: [producer] } : { meterProvider },
        );
        metrics.observe('heap', () => 17.5, { tags: { part: 'old' } });
        const found: unknown[] = [];
        for (const calls of [callsOf(7), [], callsOf(8).slice(0, 30)]) {
          recordInMetrics(metrics, calls);
          await reader.forceFlush().catch(() => undefined);
          const { received, exported, dropped, droppedBy, pending } = exporter.stats();
          found.push({ received, exported, dropped, droppedBy, pending });
        }
        const { handed, held, refused, recorded } = metrics.stats();
        found.push({ handed, held, refused, recorded });
        await meterProvider.shutdown().catch(() => undefined);
        await stop();
        return found;
      }),
    );
    const [first] = accounts[0] as { received: { points: number } }[];
    expect(first!.received.points).toBeGreaterThan(20);
    expect(accounts[1]).toEqual(accounts[0]);
  });
});
