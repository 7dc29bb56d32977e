import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { startDatadogIntake } from '@tallykit/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { normal, pareto, seededRandom } from '../random.ts';

const VALUES = 200_000;
const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999];

const distributions: Record<string, (random: () => number) => number> = {
  'log-normal σ 0.5': (random) => 30 * Math.exp(0.5 * normal(random)),
  'log-normal σ 1': (random) => 0.02 * Math.exp(normal(random)),
  'log-normal σ 2': (random) => Math.exp(2 * normal(random)),
  bimodal: (random) => (random() < 0.7 ? 20 : 900) * Math.exp(0.2 * normal(random)),
  'Pareto α 1.5': (random) => 5 * pareto(random, 1.5),
  'Pareto α 3': (random) => pareto(random, 3),
};

async function sketchOf(values: readonly number[], explicit = false) {
  const intake = await startDatadogIntake();
  onTestFinished(() => intake.close());
  const exporter = new DatadogHttpMetricExporter({ apiKey: 'any', url: intake.url });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
  const aggregation = { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } as const;
  const views = explicit ? [{ instrumentName: 'latency', aggregation }] : [];
  const provider = new MeterProvider({ readers: [reader], views });
  const latency = provider.getMeter('test').createHistogram('latency');
  for (const value of values) latency.record(value);
  await provider.shutdown();
  const { sketches } = intake.payloads[0]!.content;
  expect(sketches).toHaveLength(1);
  return { sketch: sketches[0]!, read: intake.distribution('latency') };
}

function expectTotals(
  { count, sum, min, max, average, keys }: Awaited<ReturnType<typeof sketchOf>>['sketch'],
  sorted: readonly number[],
): void {
  const exact = sorted.reduce((total, value) => total + value, 0);
  expect(count).toBe(sorted.length);
  expect(Math.abs(sum / exact - 1)).toBeLessThan(1e-12);
  expect(Math.abs((average * count) / exact - 1)).toBeLessThan(1e-12);
  expect(min).toBe(sorted[0]);
  expect(max).toBe(sorted.at(-1));
  expect(keys.length).toBeLessThanOrEqual(4096);
}

// One that the bytes of the protobuf are read by, not the exporter's own reading: the fake intake's.
test.for(Object.entries(distributions))('a sketch of 200,000 values, %s', async ([, draw]) => {
  for (const seed of [1, 2, 3]) {
    const random = seededRandom(seed);
    const values = Array.from({ length: VALUES }, () => draw(random));
    const sorted = values.toSorted((first, second) => first - second);
    const { sketch, read } = await sketchOf(values);
    expectTotals(sketch, sorted);
    for (const quantile of QUANTILES) {
      const exact = sorted[Math.round(quantile * (VALUES - 1))]!;
      const error = Math.abs(read.quantile(quantile) - exact) / exact;
      expect(error, `quantile ${quantile}, seed ${seed}`).toBeLessThan(0.02);
    }
  }
});

test('a sketch of explicit buckets has exact totals, and quantiles within their buckets', async () => {
  const random = seededRandom(1);
  const values = Array.from({ length: VALUES }, () => 30 * Math.exp(normal(random)));
  const sorted = values.toSorted((first, second) => first - second);
  const { sketch, read } = await sketchOf(values, true);
  expectTotals(sketch, sorted);
  const boundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
  for (const quantile of QUANTILES) {
    const exact = sorted[Math.round(quantile * (VALUES - 1))]!;
    const index = boundaries.findIndex((boundary) => exact <= boundary);
    expect(read.quantile(quantile)).toBeGreaterThanOrEqual(boundaries[index - 1]! / 1.02);
    expect(read.quantile(quantile)).toBeLessThanOrEqual(boundaries[index]! * 1.02);
  }
});

test('a sketch of a few values is exact to the width of a bin', async () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
  const { sketch, read } = await sketchOf(values);
  expectTotals(
    sketch,
    values.toSorted((first, second) => first - second),
  );
  expect(read.quantile(0)).toBe(1);
  expect(read.quantile(1)).toBe(9);
  expect(Math.abs(read.quantile(0.5) / 4 - 1)).toBeLessThan(0.016);
});
