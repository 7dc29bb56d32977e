import type { ExponentialHistogram, HistogramValue } from '@tallykit/exporter-base';
import { bitReversed, rankMeans } from '@tallykit/exporter-base/histograms';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DISTRIBUTIONS,
  explicit,
  explicitHistogram,
  EXPONENTIAL,
  exponentialHistogram,
  record,
} from '../../exporter-base/test/record.ts';
import { seededRandom } from '../../../test/random.ts';
import { totalWeight, weightedMean, weightedPercentile } from '../../../test/weighted-samples.ts';
import { equalWeightSamples, type Sample } from '../src/samples.ts';
import { step } from '../../../test/runs.ts';

const DEFAULT_LIMIT = 250;

/** A timer's percentile as the reference server computes it (statsd `lib/process_metrics.js`): weights don't count. */
function referenceUpper(samples: readonly Sample[], percent: number): number {
  const ascending = samples.map(({ value }) => value).toSorted((one, other) => one - other);
  return ascending[Math.round((percent / 100) * ascending.length) - 1]!;
}

function plainMean(samples: readonly Sample[]): number {
  return samples.reduce((total, { value }) => total + value, 0) / samples.length;
}

function valuesOf(samples: readonly Sample[]): number[] {
  return samples.map(({ value }) => value).toSorted((one, other) => one - other);
}

/** The values in the order of their ranks, which is not the order of sending. */
function rankedValues(samples: readonly Sample[]): number[] {
  const ranked: number[] = [];
  for (const [index, rank] of bitReversed(samples.length).entries()) ranked[rank] = samples[index]!.value;
  return ranked;
}

/** Whether the values are ascending, to rounding errors. */
function isAscending(values: readonly number[]): boolean {
  const precision = 1e-9 * Math.abs(values.at(-1)!);
  return values.every((value, index) => index === 0 || value >= values[index - 1]! - precision);
}

function nearestRank(ascending: readonly number[], percent: number): number {
  return ascending[Math.ceil((percent / 100) * ascending.length) - 1]!;
}

/** How far apart two numbers are, as a share of the second. */
function deviation(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

function draw(distribution: keyof typeof DISTRIBUTIONS, size: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: size }, () => DISTRIBUTIONS[distribution](random));
}

describe('the percentiles of many timings', () => {
  const DEFAULT_BOUNDARIES = explicit();

  /** The largest deviations of p50, p95 and p99, weighted or not, that are allowed with any of the seeds. */
  test.each([
    { distribution: 'logNormal', size: 100_000, limit: 250, kind: EXPONENTIAL, bounds: [0.01, 0.005, 0.01] },
    { distribution: 'pareto', size: 100_000, limit: 250, kind: EXPONENTIAL, bounds: [0.005, 0.005, 0.03] },
    { distribution: 'bimodal', size: 100_000, limit: 250, kind: EXPONENTIAL, bounds: [0.005, 0.005, 0.01] },
    // Counts that the limit doesn't divide.
    { distribution: 'logNormal', size: 77_777, limit: 250, kind: EXPONENTIAL, bounds: [0.01, 0.005, 0.015] },
    { distribution: 'pareto', size: 100_100, limit: 250, kind: EXPONENTIAL, bounds: [0.005, 0.005, 0.03] },
    // With 50 samples the 99th percentile can only be the mean of the largest 2 %.
    { distribution: 'logNormal', size: 100_000, limit: 50, kind: EXPONENTIAL, bounds: [0.03, 0.01, 0.2] },
    { distribution: 'logNormal', size: 100_000, limit: 150, kind: EXPONENTIAL, bounds: [0.015, 0.005, 0.02] },
    {
      distribution: 'logNormal',
      size: 100_000,
      limit: 650,
      kind: EXPONENTIAL,
      bounds: [0.005, 0.005, 0.005],
    },
    { distribution: 'pareto', size: 100_000, limit: 650, kind: EXPONENTIAL, bounds: [0.005, 0.005, 0.015] },
    // An explicit histogram's buckets are so wide. Of the bimodal values, two thirds lie in the two around 5 ms.
    {
      distribution: 'logNormal',
      size: 100_000,
      limit: 250,
      kind: DEFAULT_BOUNDARIES,
      bounds: [0.03, 0.03, 0.06],
    },
    { distribution: 'pareto', size: 100_000, limit: 250, kind: DEFAULT_BOUNDARIES, bounds: [0.1, 0.1, 0.15] },
    { distribution: 'bimodal', size: 100_000, limit: 250, kind: DEFAULT_BOUNDARIES, bounds: [0.4, 0.1, 0.1] },
  ] as const)(
    'are right: $size $distribution values, at most $limit samples, aggregation $kind.type',
    async ({ distribution, size, limit, kind, bounds }) => {
      for (let seed = 1; seed <= 4; seed += step(4)) {
        const values = draw(distribution, size, seed);
        const samples = equalWeightSamples(await record(values, kind), limit);
        const ascending = values.toSorted((one, other) => one - other);
        const mean = values.reduce((total, value) => total + value, 0) / size;
        expect(samples.length).toBeLessThanOrEqual(limit);
        expect(totalWeight(samples)).toBe(size);
        expect(deviation(plainMean(samples), mean)).toBeLessThan(1e-9);
        expect(deviation(weightedMean(samples), mean)).toBeLessThan(1e-9);
        for (const [index, percent] of [50, 95, 99].entries()) {
          const exact = nearestRank(ascending, percent);
          expect(deviation(referenceUpper(samples, percent), exact), `p${percent}`).toBeLessThan(
            bounds[index]!,
          );
          expect(deviation(weightedPercentile(samples, percent), exact), `p${percent}`).toBeLessThan(
            bounds[index]!,
          );
        }
      }
    },
  );
});

describe('the percentiles of any number of timings', () => {
  test.for(['logNormal', 'bimodal', 'pareto'] as const)(
    'are at most one stratum away from their place among as many strata of one size (%s)',
    async (distribution) => {
      for (const size of [251, 299, 375, 499, 501, 600, 777, 1_001, 2_371, 5_111, 12_347]) {
        const histogram = await record(draw(distribution, size, size));
        const samples = equalWeightSamples(histogram, DEFAULT_LIMIT);
        const meanOf = rankMeans(histogram);
        const valueAt = (rank: number): number => meanOf(rank - 1, rank);
        expect(samples).toHaveLength(DEFAULT_LIMIT);
        for (const percent of [50, 95, 99]) {
          const place = Math.round((percent / 100) * DEFAULT_LIMIT);
          const lowest = valueAt(Math.floor(((place - 2) * size) / DEFAULT_LIMIT));
          const highest = valueAt(Math.ceil(((place + 1) * size) / DEFAULT_LIMIT));
          for (const read of [referenceUpper(samples, percent), weightedPercentile(samples, percent)]) {
            expect(read, `p${percent} of ${size}`).toBeGreaterThanOrEqual(lowest);
            expect(read, `p${percent} of ${size}`).toBeLessThanOrEqual(highest);
          }
        }
      }
    },
  );

  test('are not those of a single value that is larger than all others together', async () => {
    for (const size of [375, 400, 600, 777, 1_001, 12_347]) {
      const random = seededRandom(size);
      const values = [...Array.from({ length: size - 1 }, () => 10 + random()), 30_000].toSorted(
        (one, other) => one - other,
      );
      const samples = equalWeightSamples(await record(values), DEFAULT_LIMIT);
      const mean = values.reduce((total, value) => total + value, 0) / size;
      expect(deviation(plainMean(samples), mean)).toBeLessThan(1e-9);
      expect(deviation(weightedMean(samples), mean)).toBeLessThan(1e-9);
      for (const percent of [50, 95, 99]) {
        const exact = nearestRank(values, percent);
        expect(deviation(referenceUpper(samples, percent), exact), `p${percent}`).toBeLessThan(0.03);
        expect(deviation(weightedPercentile(samples, percent), exact), `p${percent}`).toBeLessThan(0.03);
      }
    }
  });
});

describe('count and mean', () => {
  /** Values and their shares: a bulk, tails to both sides, the mean in a gap, one value, zeros, many orders of magnitude. */
  const SHAPES: Readonly<Record<string, readonly (readonly [value: number, share: number])[]>> = {
    bulk: [8, 17, 26, 40, 70, 110].map((value, index) => [value, [0.1, 0.3, 0.3, 0.2, 0.08, 0.02][index]!]),
    tail: [0.7, 1.5, 3, 9, 60, 3e5].map((value, index) => [
      value,
      [0.5, 0.3, 0.15, 0.045, 0.004, 0.001][index]!,
    ]),
    leftTail: [1, 900, 1_000].map((value, index) => [value, [0.01, 0.3, 0.69][index]!]),
    gap: [
      [1, 0.7],
      [1_000, 0.3],
    ],
    constant: [[5, 1]],
    zeros: [[0, 1]],
    orders: Array.from({ length: 13 }, (_, index) => [10 ** (index - 6), 1 / 13]),
  };

  function histogramOf(shape: string, count: number) {
    const values = SHAPES[shape]!;
    const counts = values.map(([, share]) => Math.floor(share * count));
    counts[0]! += count - counts.reduce((total, each) => total + each, 0);
    const recorded = values.filter((_, index) => counts[index]! > 0);
    return explicitHistogram({
      // Each value lies in the middle of its bucket.
      boundaries: values.map(([value], index) => (value + (values[index + 1]?.[0] ?? 2 * value + 1)) / 2),
      counts: [...counts, 0],
      count,
      sum: values.reduce((total, [value], index) => total + value * counts[index]!, 0),
      min: recorded[0]![0],
      max: recorded.at(-1)![0],
    });
  }

  test.for(Object.keys(SHAPES))(
    'are exact for numbers of values up to 100,000, with every remainder (%s)',
    (shape) => {
      const wrong: unknown[] = [];
      // Every number up to ten times the limit, and every 37th from there: 37 has no divisor in common with the limit.
      for (let count = 1; count <= 100_000; count += count < 10 * DEFAULT_LIMIT ? step(11) : 37 * step(11)) {
        const histogram = histogramOf(shape, count);
        const samples = equalWeightSamples(histogram, DEFAULT_LIMIT);
        const mean = histogram.sum! / count;
        const plain = plainMean(samples);
        const weighted = weightedMean(samples);
        const isRight =
          isAscending(rankedValues(samples)) &&
          samples.length <= DEFAULT_LIMIT &&
          totalWeight(samples) === count &&
          Math.abs(plain - mean) <= 1e-9 * mean &&
          Math.abs(weighted - mean) <= 1e-9 * mean &&
          // A server that reads no rate below 0.01 reads the count up to 100 times the limit.
          (count > 100 * DEFAULT_LIMIT || samples.every(({ weight }) => weight <= 100)) &&
          samples.every(({ value }) => value >= histogram.min! && value <= histogram.max!);
        if (!isRight) wrong.push({ count, samples: samples.length, mean, plain, weighted });
      }
      expect(wrong).toEqual([]);
    },
  );

  test('are exact for huge counts, in a time that does not depend on them', () => {
    for (const count of [1e9, 1e12 + 7, Number.MAX_SAFE_INTEGER]) {
      const quarter = Math.floor(count / 4);
      const counts = [quarter, quarter, quarter, count - 3 * quarter];
      const totals = { count, sum: 17.25 * count, min: 1, max: 50 };
      const samples = equalWeightSamples(
        explicitHistogram({ boundaries: [10, 20, 30], counts, ...totals }),
        DEFAULT_LIMIT,
      );
      expect(totalWeight(samples)).toBe(count);
      expect(plainMean(samples)).toBeCloseTo(17.25, 9);
      expect(weightedMean(samples)).toBeCloseTo(17.25, 9);
    }
  });

  test('come from weights that differ by one at most', async () => {
    for (const [size, limit] of [
      [1_001, 300],
      [12_347, 250],
      [77_777, 650],
    ] as const) {
      const samples = equalWeightSamples(await record(draw('logNormal', size, size)), limit);
      const weights = new Set(samples.map(({ weight }) => weight));
      expect(weights).toEqual(new Set([Math.floor(size / limit), Math.ceil(size / limit)]));
    }
  });

  test('come from samples of one weight, all but one, where one value is larger than all others together', async () => {
    for (const size of [335, 351, 373]) {
      const values = [...Array.from({ length: size - 1 }, (_, index) => 10 + index / size), 1e6];
      const samples = equalWeightSamples(await record(values), DEFAULT_LIMIT);
      const mean = values.reduce((total, value) => total + value, 0) / size;
      expect(samples).toHaveLength((size + 1) / 2);
      expect(samples.filter(({ weight }) => weight !== 2)).toEqual([
        { value: expect.closeTo(mean, 6), weight: 1 },
      ]);
      expect(deviation(plainMean(samples), mean)).toBeLessThan(1e-9);
      expect(deviation(weightedMean(samples), mean)).toBeLessThan(1e-9);
    }
  });

  test('hold for histograms of all kinds, with limits from 50 to 10,000', () => {
    const bucket = fc.oneof(fc.constant(0), fc.nat(20), fc.nat(3_000), fc.nat(100_000));
    fc.assert(
      fc.property(
        fc.record({
          type: fc.constantFrom('explicit', 'exponential'),
          buckets: fc.array(bucket, { minLength: 2, maxLength: 12 }),
          hasOutlier: fc.boolean(),
          /** Where in their bucket values lie on average. */
          height: fc.double({ min: 0.01, max: 1, noNaN: true }),
          knowsSum: fc.boolean(),
          knowsLimits: fc.boolean(),
          limit: fc.oneof(fc.integer({ min: 50, max: 400 }), fc.integer({ min: 50, max: 10_000 })),
        }),
        ({ type, buckets, hasOutlier, height, knowsSum, knowsLimits, limit }) => {
          // The outlier lies 20 octaves above the others.
          const counts = [...buckets, ...new Array<number>(20).fill(0), hasOutlier ? 1 : 0];
          const count = counts.reduce((total, each) => total + each, 0);
          fc.pre(count > 0);
          const low = (index: number): number => (index === 0 && type === 'explicit' ? 0 : 2 ** index);
          const high = (index: number): number => 2 ** (index + 1);
          const valueIn = (index: number): number => low(index) + height * (high(index) - low(index));
          const totals = {
            count,
            sum: knowsSum
              ? counts.reduce((total, each, index) => total + each * valueIn(index), 0)
              : undefined,
            min: knowsLimits ? low(counts.findIndex((each) => each > 0)) : undefined,
            max: knowsLimits ? high(counts.findLastIndex((each) => each > 0)) : undefined,
          };
          const histogram =
            type === 'explicit'
              ? explicitHistogram({
                  boundaries: counts.map((_, index) => high(index)),
                  counts: [...counts, 0],
                  ...totals,
                })
              : exponentialHistogram({ positive: { offset: 0, bucketCounts: counts }, ...totals });
          const samples = equalWeightSamples(histogram, limit);
          // Without a sum it is the one that the buckets make likely.
          const mean = rankMeans(histogram)(0, count);
          expect(samples.length).toBeLessThanOrEqual(limit);
          expect(samples.every(({ weight }) => weight >= 1 && weight <= Math.ceil(count / limit))).toBe(true);
          expect(totalWeight(samples)).toBe(count);
          expect(deviation(plainMean(samples), mean)).toBeLessThan(1e-6);
          expect(deviation(weightedMean(samples), mean)).toBeLessThan(1e-6);
          expect(isAscending(rankedValues(samples))).toBe(true);
        },
      ),
    );
  });

  test.each([2 ** -1_060, 2 ** -1_000, 2 ** 1_000])('hold for values around %d', (scale) => {
    for (const count of [7, 251, 375, 600, 12_347]) {
      const tenth = Math.floor(count / 10);
      const histogram = explicitHistogram({
        boundaries: [1, 3, 9].map((each) => each * scale),
        counts: [tenth, count - tenth - 1, 0, 1],
        count,
        sum: scale * (0.5 * tenth + 2 * (count - tenth - 1) + 90),
        min: 0.25 * scale,
        max: 90 * scale,
      });
      const samples = equalWeightSamples(histogram, DEFAULT_LIMIT);
      const mean = histogram.sum! / count;
      expect(totalWeight(samples)).toBe(count);
      // Of the smallest numbers the computer keeps few digits.
      const precision = scale < 2 ** -1_022 ? 1e-2 : 1e-9;
      expect(deviation(plainMean(samples), mean)).toBeLessThan(precision);
      expect(deviation(weightedMean(samples), mean)).toBeLessThan(precision);
      expect(Math.min(...valuesOf(samples))).toBeGreaterThanOrEqual(histogram.min!);
      expect(Math.max(...valuesOf(samples))).toBeLessThanOrEqual(histogram.max!);
    }
  });
});

describe('the order of sending', () => {
  test('starts in the middle of things: by the binary digits of the rank in reverse', () => {
    const histogram = explicitHistogram({
      boundaries: [],
      counts: [6],
      count: 6,
      sum: 21,
      min: 1,
      max: 6,
    });
    const samples = equalWeightSamples(histogram, DEFAULT_LIMIT);
    const ranks = valuesOf(samples);
    expect(samples.map(({ value }) => ranks.indexOf(value))).toEqual([0, 4, 2, 1, 5, 3]);
  });

  test('shows p50 and p95 in whatever part of the samples arrives first', async () => {
    for (const size of [250, 777, 100_000]) {
      const samples = equalWeightSamples(await record(draw('logNormal', size, size)), DEFAULT_LIMIT);
      for (let cut = 25; cut < samples.length; cut++) {
        const first = samples.slice(0, cut);
        expect(deviation(referenceUpper(first, 50), referenceUpper(samples, 50))).toBeLessThan(0.15);
        expect(deviation(referenceUpper(first, 95), referenceUpper(samples, 95))).toBeLessThan(0.4);
      }
      const half = samples.slice(0, DEFAULT_LIMIT / 2);
      expect(deviation(referenceUpper(half, 95), referenceUpper(samples, 95))).toBeLessThan(0.07);
    }
  });
});

describe('samples', () => {
  /** Values over many orders of magnitude, with zeros, repeated ones and bucket boundaries among them. */
  const value = fc.oneof(
    fc.constantFrom(0, 1, 2, 4, 10, 25, 250, 1e9),
    fc.double({ min: 1e-9, max: 1000, noNaN: true }),
    fc.double({ min: 1e-150, max: 1e150, noNaN: true }),
  );
  const kind = fc.constantFrom(EXPONENTIAL, explicit(), explicit([]), explicit([3, 300]));

  test('have the exact count and mean, keep their limits, and are in order of rank', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 80 }),
        kind,
        fc.integer({ min: 1, max: 90 }),
        async (values, aggregation, limit) => {
          const samples = equalWeightSamples(await record(values, aggregation), limit);
          const mean = values.reduce((total, each) => total + each / values.length, 0);
          expect(samples.length).toBeLessThanOrEqual(limit);
          expect(totalWeight(samples)).toBe(values.length);
          expect(samples.every(({ weight }) => Number.isInteger(weight) && weight >= 1)).toBe(true);
          expect(plainMean(samples) / (mean || 1)).toBeCloseTo(mean === 0 ? 0 : 1, 9);
          expect(weightedMean(samples) / (mean || 1)).toBeCloseTo(mean === 0 ? 0 : 1, 9);
          const ascending = rankedValues(samples);
          expect(isAscending(ascending)).toBe(true);
          expect(ascending[0]).toBeGreaterThanOrEqual(Math.min(...values));
          expect(ascending.at(-1)).toBeLessThanOrEqual(Math.max(...values));
        },
      ),
    );
  });

  test('are one for each value up to the limit, with the exact minimum and maximum', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 80 }),
        kind,
        async (values, aggregation) => {
          const samples = equalWeightSamples(await record(values, aggregation), 80);
          expect(samples.map(({ weight }) => weight)).toEqual(values.map(() => 1));
          expect(valuesOf(samples)[0]).toBe(Math.min(...values));
          expect(valuesOf(samples).at(-1)).toBe(Math.max(...values));
        },
      ),
    );
  });

  test('of one or two values are these values', async () => {
    expect(equalWeightSamples(await record([14.2]), DEFAULT_LIMIT)).toEqual([{ value: 14.2, weight: 1 }]);
    expect(valuesOf(equalWeightSamples(await record([250.7, 14.2]), DEFAULT_LIMIT))).toEqual([14.2, 250.7]);
    const unknownLimits = explicitHistogram({ counts: [1, 0, 0], count: 1, sum: 3.3 });
    expect(equalWeightSamples(unknownLimits, DEFAULT_LIMIT)).toEqual([{ value: 3.3, weight: 1 }]);
  });

  test('of no values are none', () => {
    expect(equalWeightSamples(explicitHistogram({}), DEFAULT_LIMIT)).toEqual([]);
  });

  test('of equal values are equal, whatever their number', async () => {
    for (const [equal, size] of [
      [0.1, 7],
      [0.1, 997],
      [0, 997],
    ] as const) {
      const samples = equalWeightSamples(await record(new Array<number>(size).fill(equal)), 100);
      expect(new Set(valuesOf(samples))).toEqual(new Set([equal]));
    }
  });

  test('keep their limits when the values are only rounding errors apart', async () => {
    const random = seededRandom(41);
    for (let size = 3; size < 60; size++) {
      const base = random() * 1000;
      const values = Array.from(
        { length: size },
        () => base * (1 + Math.floor(random() * 4) * Number.EPSILON),
      );
      for (const sample of equalWeightSamples(await record(values), Math.ceil(size * random()))) {
        expect(sample.value).toBeGreaterThanOrEqual(Math.min(...values));
        expect(sample.value).toBeLessThanOrEqual(Math.max(...values));
      }
    }
  });

  test('are negative only where values are', async () => {
    const values = draw('logNormal', 1000, 7).map((each) => each - 100);
    const exact = values.toSorted((one, other) => one - other);
    const samples = equalWeightSamples(await record(values), DEFAULT_LIMIT);
    // The SDK gives no sum for an instrument that can go down.
    expect(valuesOf(samples).filter((each) => each < 0).length / 250).toBeCloseTo(
      exact.filter((each) => each < 0).length / 1000,
      1,
    );
    expect(deviation(referenceUpper(samples, 95), nearestRank(exact, 95))).toBeLessThan(0.03);
    const zeros = equalWeightSamples(await record([0, 0, 0, 1]), DEFAULT_LIMIT);
    expect(valuesOf(zeros)).toEqual([0, 0, 0, 1]);
  });

  test('have the exact mean without minimum and maximum, also above the last boundary', async () => {
    const values = draw('logNormal', 5000, 9).map((each) => each * 20);
    const histogram = await record(values, explicit([5, 50, 500], false));
    const samples = equalWeightSamples(histogram, DEFAULT_LIMIT);
    expect(deviation(plainMean(samples), histogram.sum! / 5000)).toBeLessThan(1e-9);
    expect(valuesOf(samples)[0]).toBeGreaterThanOrEqual(0);
  });

  test('are numbers within the limits when the data contradicts itself', () => {
    const empty = { offset: 0, bucketCounts: [] };
    const exponential: Omit<ExponentialHistogram, 'sum' | 'min' | 'max' | 'count'> = {
      type: 'exponential',
      scale: 0,
      zeroCount: 0,
      positive: { offset: 3, bucketCounts: [2, 2] },
      negative: empty,
    };
    const contradictions: HistogramValue[] = [
      { ...exponential, count: 4, sum: 1e6, min: 9, max: 20 },
      { ...exponential, count: 4, sum: -3, min: 9, max: 20 },
      { ...exponential, count: 400, sum: 4800, min: 9, max: 20 },
      { ...exponential, positive: empty, count: 4, sum: 50, min: 9, max: 20 },
      explicitHistogram({ counts: [0, 0, 4], count: 4, sum: 60, min: 9, max: 20 }),
    ];
    for (const histogram of contradictions) {
      const samples = equalWeightSamples(histogram, 3);
      expect(totalWeight(samples)).toBe(histogram.count);
      for (const { value: each } of samples) {
        expect(each).toBeGreaterThanOrEqual(9);
        expect(each).toBeLessThanOrEqual(20);
      }
    }
    const swapped = equalWeightSamples({ ...exponential, count: 4, sum: 60, min: 20, max: 9 }, 3);
    expect(plainMean(swapped)).toBeCloseTo(15, 9);
  });
});
