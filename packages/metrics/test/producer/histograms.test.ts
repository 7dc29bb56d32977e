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
import { runs } from '../../../../test/runs.ts';

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
  const type =
    histograms.maxSize === undefined ? DataPointType.HISTOGRAM : DataPointType.EXPONENTIAL_HISTOGRAM;
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
          if (metric !== undefined && (metric.dataPointType !== type || metric.dataPoints.length !== 1)) {
            throw new Error(`${metric.dataPoints.length} points of the type ${metric.dataPointType}`);
          }
          return {
            own: metric?.dataPoints[0]?.value,
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

function totalsOf(values: readonly number[]) {
  return {
    count: values.length,
    min: values.reduce((least, value) => (value < least ? value : least), Infinity),
    max: values.reduce((most, value) => (value > most ? value : most), -Infinity),
  };
}

/** What the exponential histogram of these values is, but for its sum; `undefined` without values. */
function expectedOf(values: readonly number[], maxSize: number) {
  if (values.length === 0) return undefined;
  const { scale, buckets, least, most } = referenceOf(values, maxSize);
  const isEmpty = buckets.size === 0;
  return {
    ...totalsOf(values),
    zeroCount: values.filter((value) => value === 0).length,
    scale: isEmpty ? 'any' : scale,
    offset: isEmpty ? 'any' : least,
    size: isEmpty ? 0 : most - least + 1,
    buckets,
    negative: { offset: 0, bucketCounts: [] },
  };
}

/** The same of a point. */
function actualOf(point: ExponentialHistogram | undefined) {
  if (point === undefined) return undefined;
  const { count, min, max, zeroCount, scale, positive, negative } = point;
  const { offset, bucketCounts } = positive;
  const isEmpty = bucketCounts.length === 0;
  return {
    count,
    min,
    max,
    zeroCount,
    scale: isEmpty ? 'any' : scale,
    offset: isEmpty ? 'any' : offset,
    size: bucketCounts.length,
    buckets: new Map(
      bucketCounts.flatMap((calls, place) => (calls === 0 ? [] : [[offset + place, calls] as const])),
    ),
    negative,
  };
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
              expect(actualOf(own as ExponentialHistogram | undefined)).toEqual(
                expectedOf(isDelta ? batch : all, maxSize),
              );
            }
          }
        },
      ),
      { numRuns: runs(300) },
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
      { numRuns: runs(300) },
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

describe('histograms for an exporter', () => {
  /** What producers have recorded for exporters that want this of histograms. */
  function startProducers(aggregation: AggregationOption, temporalities: readonly AggregationTemporality[]) {
    const producers = temporalities.map((temporality) =>
      createMetricProducer({
        exporter: {
          selectAggregationTemporality: () => temporality,
          selectAggregation: (type) =>
            type === InstrumentType.HISTOGRAM ? aggregation : { type: AggregationType.DEFAULT },
        },
      }),
    );
    const { distribution } = createMetrics({ producers });
    const collect = () =>
      Promise.all(
        producers.map(async (producer) => {
          const { resourceMetrics } = await producer.collect();
          return resourceMetrics.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value;
        }),
      );
    return { distribution, collect };
  }

  it('have more buckets than our own option allows, where it wants that', async () => {
    const { distribution, collect } = startProducers(
      { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 2_000 } },
      [AggregationTemporality.DELTA],
    );
    for (const value of [1.1, 17, 17]) distribution('h', value);
    const [point] = (await collect()) as ExponentialHistogram[];
    const { scale, positive } = point!;
    const counts = positive.bucketCounts.filter((count) => count !== 0);
    expect([scale, positive.bucketCounts.length > 640, counts]).toEqual([MAX_SCALE, true, [1, 2]]);
  });

  it('have no buckets when all values are zero', async () => {
    const { distribution, collect } = startProducers(
      { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: {} },
      [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE],
    );
    for (let call = 0; call < 50; call += 1) distribution('h', 0);
    const none = { offset: 0, bucketCounts: [] };
    const zeros = {
      count: 50,
      sum: 0,
      min: 0,
      max: 0,
      zeroCount: 50,
      scale: 0,
      positive: none,
      negative: none,
    };
    expect(await collect()).toEqual([zeros, zeros]);
  });

  it('are sums where it wants nothing else', async () => {
    const { distribution, collect } = startProducers({ type: AggregationType.SUM }, [
      AggregationTemporality.DELTA,
      AggregationTemporality.CUMULATIVE,
    ]);
    for (let call = 0; call < 100; call += 1) distribution('h', 2);
    expect(await collect()).toEqual([200, 200]);
    for (let call = 0; call < 50; call += 1) distribution('h', 3);
    expect(await collect()).toEqual([150, 350]);
    expect(await collect()).toEqual([undefined, 350]);
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
              // The bucket before a boundary has the boundary itself.
              const counts = [...sorted, Infinity].map(
                (end, place) =>
                  expected.filter((value) => value <= end && value > (sorted[place - 1] ?? -Infinity)).length,
              );
              const { count, min, max, buckets } = own ?? {};
              expect(own && { count, min, max, buckets }).toEqual(
                expected.length === 0
                  ? undefined
                  : { ...totalsOf(expected), buckets: { boundaries: sorted, counts } },
              );
              expect(own).toEqual(sdk);
            }
          }
        },
      ),
      { numRuns: runs(300) },
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
