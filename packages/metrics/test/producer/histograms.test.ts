import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { AggregationOption, ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/index.ts';
import { createMetricProducer } from '../../src/producer.ts';
import type { HistogramOptions } from '../../src/producer.ts';
import { bordersOf, exactIndexOf, neighboursOf } from './exact-index.ts';

const MAX_SCALE = 8;

type HistogramPoint = ExponentialHistogram | Histogram;

/** A reader of the SDK, for the same values. */
class SdkReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}

  constructor(temporality: AggregationTemporality, aggregation: AggregationOption) {
    super({
      aggregationTemporalitySelector: () => temporality,
      aggregationSelector: (type) =>
        type === InstrumentType.HISTOGRAM ? aggregation : { type: AggregationType.DEFAULT },
    });
  }

  async point(): Promise<HistogramPoint | undefined> {
    const { resourceMetrics } = await this.collect();
    return resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value as HistogramPoint | undefined;
  }
}

interface Rig {
  record(value: number): void;
  /** What each reader has: of the producers, and of the SDK's readers beside them. */
  collect(): Promise<
    { own: HistogramPoint | undefined; sdk: HistogramPoint | undefined; isDelta: boolean }[]
  >;
}

/** Producers in one set, and a reader of the SDK for each. */
function startRig(histograms: HistogramOptions, temporalities: readonly ('delta' | 'cumulative')[]): Rig {
  const aggregation =
    histograms.maxSize === undefined
      ? {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM as const,
          options: { boundaries: [...histograms.boundaries], recordMinMax: true },
        }
      : {
          type: AggregationType.EXPONENTIAL_HISTOGRAM as const,
          options: { maxSize: histograms.maxSize, recordMinMax: true },
        };
  const producers = temporalities.map((temporality) => createMetricProducer({ temporality, histograms }));
  const readers = temporalities.map(
    (temporality) =>
      new SdkReader(
        temporality === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE,
        aggregation,
      ),
  );
  const histogram = new MeterProvider({ readers }).getMeter('test').createHistogram('h');
  const { distribution } = createMetrics({ producers });
  return {
    record(value) {
      distribution('h', value);
      histogram.record(value);
    },
    collect: () =>
      Promise.all(
        producers.map(async (producer, index) => {
          const { resourceMetrics } = await producer.collect();
          const metric = resourceMetrics.scopeMetrics[0]?.metrics[0];
          if (metric !== undefined) {
            expect(metric.dataPointType).toBe(
              histograms.maxSize === undefined
                ? DataPointType.HISTOGRAM
                : DataPointType.EXPONENTIAL_HISTOGRAM,
            );
            expect(metric.dataPoints).toHaveLength(1);
          }
          return {
            own: metric?.dataPoints[0]?.value as HistogramPoint | undefined,
            sdk: await readers[index]!.point(),
            isDelta: temporalities[index] === 'delta',
          };
        }),
      ),
  };
}

/** The finest scale of at most 8 at which the values need at most so many buckets, and how many are in each. */
function referenceOf(values: readonly number[], maxSize: number) {
  for (let scale = MAX_SCALE; ; scale -= 1) {
    const buckets = new Map<number, number>();
    for (const value of values) {
      if (value === 0) continue;
      const index = exactIndexOf(value, scale);
      buckets.set(index, (buckets.get(index) ?? 0) + 1);
    }
    const indexes = [...buckets.keys()];
    const least = indexes.reduce((first, index) => Math.min(first, index), Infinity);
    const most = indexes.reduce((last, index) => Math.max(last, index), -Infinity);
    if (most - least < maxSize) return { scale, buckets, least, most };
  }
}

function expectTotals(point: HistogramPoint, values: readonly number[]): void {
  expect(point.count).toBe(values.length);
  expect(point.min).toBe(values.reduce((least, value) => (value < least ? value : least), Infinity));
  expect(point.max).toBe(values.reduce((most, value) => (value > most ? value : most), -Infinity));
}

function expectExponential(point: ExponentialHistogram, values: readonly number[], maxSize: number): void {
  expectTotals(point, values);
  expect(point.zeroCount).toBe(values.filter((value) => value === 0).length);
  expect(point.negative).toEqual({ offset: 0, bucketCounts: [] });
  const { positive } = point;
  const reference = referenceOf(values, maxSize);
  if (reference.buckets.size === 0) {
    expect(positive.bucketCounts).toEqual([]);
    return;
  }
  expect(point.scale).toBe(reference.scale);
  expect(positive.offset).toBe(reference.least);
  expect(positive.bucketCounts).toHaveLength(reference.most - reference.least + 1);
  const filled = positive.bucketCounts.flatMap((count, place) =>
    count === 0 ? [] : [[positive.offset + place, count] as const],
  );
  expect(new Map(filled)).toEqual(reference.buckets);
}

function isAllZero(values: readonly number[]): boolean {
  return values.length > 0 && values.every((value) => value === 0);
}

/** Values for which the SDK's index is exact: no neighbours of powers of two, and none that is subnormal. */
const ordinary = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.integer({ min: 1, max: 1_000_000_000 }).map((value) => value / 1_000),
  fc.integer({ min: -900, max: 900 }).map((exponent) => 1.1 * 2 ** exponent),
);

const borders = [-1_022, -3, 0, 1, 700].flatMap((exponent) => bordersOf(exponent));

/** Those, and what is at the borders of buckets and of doubles. */
const extreme = fc.oneof(
  ordinary,
  fc.double({ min: 0, max: 1e300, noNaN: true }),
  fc.double({ min: 0, max: 1e-300, noNaN: true }),
  fc
    .constantFrom(...borders)
    .chain((border) => fc.constantFrom(border, ...neighboursOf(border)))
    .filter((value) => value > 0),
);

const sizes = fc.oneof(fc.constantFrom(2, 3, 160, 320, 640), fc.integer({ min: 2, max: 640 }));

const temporalitySets = fc.constantFrom<('delta' | 'cumulative')[][]>(
  ['delta'],
  ['cumulative'],
  ['delta', 'cumulative'],
  ['cumulative', 'delta', 'delta'],
);

/** Batches of values; a collection follows each. Batches of over 40 values need buckets before the collection. */
function batchesOf(value: fc.Arbitrary<number>): fc.Arbitrary<number[][]> {
  const batch = fc.oneof(
    fc.array(value, { maxLength: 5 }),
    fc.array(value, { minLength: 38, maxLength: 130, size: 'max' }),
  );
  return fc.array(batch, { minLength: 1, maxLength: 5 });
}

describe('exponential histograms of a producer', () => {
  it('are those of all values, after any batches and collections', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes,
        temporalitySets,
        batchesOf(extreme),
        async (maxSize, temporalities, batches) => {
          const rig = startRig({ maxSize }, temporalities);
          const all: number[] = [];
          for (const batch of batches) {
            for (const value of batch) rig.record(value);
            all.push(...batch);
            for (const { own, isDelta } of await rig.collect()) {
              const expected = isDelta ? batch : all;
              if (expected.length === 0) expect(own).toBeUndefined();
              else expectExponential(own as ExponentialHistogram, expected, maxSize);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('have the sums of the SDK, bit for bit, and its scale up to 8', async () => {
    await fc.assert(
      fc.asyncProperty(
        sizes.filter((maxSize) => maxSize > 3),
        temporalitySets,
        // The SDK makes its buckets coarser than they need to be when it merges an interval that has nothing but zeros.
        batchesOf(ordinary).filter((batches) => !batches.some(isAllZero)),
        async (maxSize, temporalities, batches) => {
          const rig = startRig({ maxSize }, temporalities);
          for (const batch of batches) {
            for (const value of batch) rig.record(value);
            for (const collected of await rig.collect()) {
              const [own, sdk] = [collected.own, collected.sdk] as (ExponentialHistogram | undefined)[];
              expect(own?.sum).toBe(sdk?.sum);
              expect(own?.scale).toBe(sdk && Math.min(sdk.scale, MAX_SCALE));
              expect(own?.zeroCount).toBe(sdk?.zeroCount);
              expect(own?.min).toBe(sdk?.min);
              expect(own?.max).toBe(sdk?.max);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never share their counts with a later collection', async () => {
    const rig = startRig({ maxSize: 160 }, ['cumulative', 'delta']);
    rig.record(3);
    const [first] = await rig.collect();
    const { bucketCounts } = (first!.own as ExponentialHistogram).positive;
    for (let call = 0; call < 50; call += 1) rig.record(3);
    await rig.collect();
    expect(bucketCounts).toEqual([1]);
  });
});

describe('explicit histograms of a producer', () => {
  /** Some boundaries, and values that are many times one of them or next to one. */
  const boundariesAndBatches = fc
    .uniqueArray(fc.oneof(ordinary, fc.double({ min: -10, max: 1e9, noNaN: true })), { maxLength: 20 })
    .chain((boundaries) => {
      const positive = boundaries.filter((boundary) => boundary > 0 && boundary < 1e300);
      const near = positive.flatMap((boundary) => [boundary, ...neighboursOf(boundary)]);
      return fc.tuple(
        fc.constant(boundaries),
        batchesOf(near.length === 0 ? ordinary : fc.oneof(ordinary, fc.constantFrom(...near))),
      );
    });

  it('are those of all values and of the SDK, after any batches and collections', async () => {
    await fc.assert(
      fc.asyncProperty(
        boundariesAndBatches,
        temporalitySets,
        async ([boundaries, batches], temporalities) => {
          const rig = startRig({ boundaries }, temporalities);
          const sorted = boundaries.toSorted((first, second) => first - second);
          const all: number[] = [];
          for (const batch of batches) {
            for (const value of batch) rig.record(value);
            all.push(...batch);
            for (const collected of await rig.collect()) {
              const [own, sdk] = [collected.own, collected.sdk] as (Histogram | undefined)[];
              const expected = collected.isDelta ? batch : all;
              if (expected.length === 0) {
                expect(own).toBeUndefined();
                continue;
              }
              expectTotals(own!, expected);
              // The bucket before a boundary has the boundary itself.
              const counts = [...sorted, Infinity].map(
                (end, place) =>
                  expected.filter((value) => value <= end && value > (sorted[place - 1] ?? -Infinity)).length,
              );
              expect(own!.buckets).toEqual({ boundaries: sorted, counts });
              expect(own).toEqual(sdk);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['', [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000]],
    // https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
    ['s', [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]],
  ])(
    'have the boundaries of the specification without options, for the unit %j',
    async (unit, boundaries) => {
      const producer = createMetricProducer();
      createMetrics({ producers: [producer] }).distribution('h', 1, { unit });
      const { resourceMetrics } = await producer.collect();
      const value = resourceMetrics.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.value as Histogram;
      expect(value.buckets.boundaries).toEqual(boundaries);
    },
  );
});
