import { AggregationType } from '@opentelemetry/sdk-metrics';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitReversed } from '../src/histogram/bit-reversed.ts';
import { intervals, type ExponentialHistogram, type HistogramValue } from '../src/histogram/histogram.ts';
import { mergeHistograms } from '../src/histogram/merge.ts';
import { quantile, quantiles, rankMeans } from '../src/histogram/ranks.ts';
import { toExponential } from '../src/histogram/exponential.ts';
import { millisOfUnit } from '../src/histogram/units.ts';
import { MAX_HISTOGRAM_BUCKETS } from '../src/support/temporality.ts';
import { seededRandom } from '../../../test/random.ts';
import {
  DISTRIBUTIONS,
  explicit,
  explicitHistogram,
  EXPONENTIAL,
  exponentialHistogram,
  record,
} from './record.ts';
import { runs } from '../../../test/runs.ts';

const BOUNDARIES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 1000];

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/** The value with the rank `ceil(q * n)`. */
function nearestRank(values: readonly number[], q: number): number {
  const ascending = values.toSorted((one, other) => one - other);
  return ascending[Math.max(Math.ceil(q * values.length), 1) - 1]!;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * Values over many orders of magnitude, with zeros, repeated ones and bucket boundaries among them. The smallest numbers
 * there are (below 1e-307) are left out: the SDK puts them all into one bucket that doesn't contain them.
 */
const value = fc.oneof(
  fc.constantFrom(0, 1, 2, 4, 10, 25, 250, 1e9),
  fc.double({ min: 1e-9, max: 1000, noNaN: true }),
  fc.double({ min: 1e-150, max: 1e150, noNaN: true }),
);
const signed = fc.tuple(value, fc.boolean()).map(([size, isNegative]) => (isNegative ? 0 - size : size));
const aggregation = fc.constantFrom(EXPONENTIAL, explicit(BOUNDARIES), explicit([]), explicit([3, 300]), {
  type: AggregationType.EXPONENTIAL_HISTOGRAM as const,
  options: { maxSize: 4, recordMinMax: true },
});

describe('intervals', () => {
  test('cuts the outer buckets to minimum and maximum and leaves empty ones out', () => {
    const histogram = explicitHistogram({ counts: [2, 0, 1], count: 3, sum: 37, min: 4, max: 25 });
    expect(intervals(histogram)).toEqual([
      { low: 4, high: 10, count: 2 },
      { low: 20, high: 25, count: 1 },
    ]);
  });

  test('starts an open bucket at zero, or at its boundary if that is negative', () => {
    expect(intervals(explicitHistogram({ counts: [1, 0, 0], count: 1 }))).toEqual([
      { low: 0, high: 10, count: 1 },
    ]);
    expect(intervals(explicitHistogram({ boundaries: [-5], counts: [1, 0], count: 1 }))).toEqual([
      { low: -5, high: -5, count: 1 },
    ]);
  });

  test('ends an open bucket where the sum says, or at its boundary', () => {
    const counts = { counts: [0, 2, 2], count: 4 };
    expect(intervals(explicitHistogram(counts)).at(-1)).toEqual({ low: 20, high: 20, count: 2 });
    // 2 × 15 + 2 × 50
    expect(intervals(explicitHistogram({ ...counts, sum: 130 })).at(-1)).toEqual({
      low: 20,
      high: 80,
      count: 2,
    });
    // The sum leaves no room above the boundary.
    expect(intervals(explicitHistogram({ ...counts, sum: 60 })).at(-1)).toEqual({
      low: 20,
      high: 20,
      count: 2,
    });
  });

  test('are the value itself where there is only one', () => {
    expect(intervals(explicitHistogram({ counts: [1, 0, 0], count: 1, sum: 3.3 }))).toEqual([
      { low: 3.3, high: 3.3, count: 1 },
    ]);
  });

  test('mirrors negative buckets and puts zeros between', () => {
    const half = { offset: 0, bucketCounts: [3, 0, 1] };
    const histogram = exponentialHistogram({ positive: half, negative: half, zeroCount: 2, count: 10 });
    expect(intervals(histogram)).toEqual([
      { low: -8, high: -4, count: 1 },
      { low: -2, high: -1, count: 3 },
      { low: 0, high: 0, count: 2 },
      { low: 1, high: 2, count: 3 },
      { low: 4, high: 8, count: 1 },
    ]);
  });

  test('relies on the totals where the buckets are missing or contradict them', () => {
    const totals = { count: 3, sum: 30, min: 5, max: 20 };
    const whole = [{ low: 5, high: 20, count: 3 }];
    expect(intervals(explicitHistogram({ ...totals, boundaries: [], counts: [] }))).toEqual(whole);
    expect(intervals(explicitHistogram({ ...totals, counts: [1, 0, 0] }))).toEqual(whole);
    expect(intervals(exponentialHistogram({ count: 3, sum: 30 }))).toEqual([{ low: 10, high: 10, count: 3 }]);
  });

  test('of an empty histogram are none', () => {
    expect(intervals(explicitHistogram({}))).toEqual([]);
    expect(intervals(exponentialHistogram({}))).toEqual([]);
  });

  test('are ascending, within the limits, and hold every value', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(signed, { minLength: 1, maxLength: 60 }),
        aggregation,
        async (values, kind) => {
          const parts = intervals(await record(values, kind));
          expect(parts.reduce((total, part) => total + part.count, 0)).toBe(values.length);
          expect(parts[0]!.low).toBe(Math.min(...values));
          expect(parts.at(-1)!.high).toBe(Math.max(...values));
          for (const [index, { low, high, count }] of parts.entries()) {
            expect(low).toBeLessThanOrEqual(high);
            expect(low).toBeGreaterThanOrEqual(parts[index - 1]?.high ?? -Infinity);
            // Boundaries may be a rounding error away from the SDK's, and belong to both neighbours here.
            const slack = Math.abs(high) * 1e-9;
            const inside = values.filter((each) => each >= low - slack && each <= high + slack).length;
            expect(inside).toBeGreaterThanOrEqual(count);
          }
        },
      ),
    );
  });
});

describe('rankMeans', () => {
  test('give the exact mean, minimum and maximum, in ascending order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        aggregation,
        async (values, kind) => {
          const mean = rankMeans(await record(values, kind));
          const size = values.length;
          expect(
            Math.abs(mean(0, size) / (sumOf(values) / size || 1) - (sumOf(values) === 0 ? 0 : 1)),
          ).toBeLessThan(1e-9);
          expect(mean(0, 1)).toBe(Math.min(...values));
          expect(mean(size - 1, size)).toBe(Math.max(...values));
          for (let rank = 1; rank < size; rank++) {
            expect(mean(rank, rank + 1) - mean(rank - 1, rank)).toBeGreaterThanOrEqual(
              -1e-12 * Math.max(...values),
            );
          }
        },
      ),
    );
  });

  test('give the exact mean without minimum and maximum', async () => {
    const random = seededRandom(11);
    for (const size of [1, 2, 3, 100, 5000]) {
      const values = Array.from({ length: size }, () => DISTRIBUTIONS.logNormal(random) * 10);
      const histogram = await record(values, explicit(BOUNDARIES, false));
      expect(histogram.max).toBeUndefined();
      expect(rankMeans(histogram)(0, size) / (sumOf(values) / size)).toBeCloseTo(1, 9);
    }
  });

  test('keep within the buckets when the sum contradicts them', () => {
    const contradiction = { counts: [0, 4, 0], count: 4, min: 12, max: 18 };
    expect(rankMeans(explicitHistogram({ ...contradiction, sum: 4000 }))(1, 3)).toBe(18);
    expect(rankMeans(explicitHistogram({ ...contradiction, sum: -4000 }))(1, 3)).toBe(12);
    const twoBuckets = explicitHistogram({ counts: [0, 2, 2], count: 4, sum: 4000, max: 30 });
    expect(rankMeans(twoBuckets)(0, 4)).toBe(25);
  });
});

describe('quantile', () => {
  test('is in the bucket of the nearest rank', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (values, q) => {
          const histogram = await record(values);
          const exact = nearestRank(values, q);
          const base = 2 ** (2 ** -(histogram as ExponentialHistogram).scale);
          expect(quantile(histogram, q)).toBeLessThanOrEqual(exact * base * (1 + 1e-9));
          expect(quantile(histogram, q)).toBeGreaterThanOrEqual((exact / base) * (1 - 1e-9));
        },
      ),
    );
  });

  test('does not skip a rank for a rounding error', () => {
    const hundred = explicitHistogram({
      boundaries: [7],
      counts: [7, 93],
      count: 100,
      sum: 93_007,
      min: 1,
      max: 1000,
    });
    expect(0.07 * 100).toBeGreaterThan(7);
    expect(quantile(hundred, 0.07)).toBeLessThanOrEqual(7);
    expect(quantile(hundred, 0.08)).toBeGreaterThan(7);
  });

  test('is the minimum at 0, the maximum at 1, and no number for an empty histogram', () => {
    const histogram = explicitHistogram({ counts: [2, 5, 1], count: 8, sum: 120, min: 4, max: 25 });
    expect(quantile(histogram, 0)).toBe(4);
    expect(quantile(histogram, 1)).toBe(25);
    expect(quantile(explicitHistogram({}), 0.5)).toBeNaN();
  });

  test('of many log-normal values is within 1 % from an exponential histogram, 6 % from explicit defaults', async () => {
    const random = seededRandom(3);
    const values = Array.from({ length: runs(100_000) }, () => DISTRIBUTIONS.logNormal(random));
    const fine = await record(values);
    const coarse = await record(values, explicit());
    for (const q of [0.25, 0.5, 0.75, 0.9, 0.95, 0.99]) {
      expect(Math.abs(quantile(fine, q) / nearestRank(values, q) - 1)).toBeLessThan(0.01);
      expect(Math.abs(quantile(coarse, q) / nearestRank(values, q) - 1)).toBeLessThan(0.06);
    }
  });
});

describe('mergeHistograms', () => {
  /** Whole numbers, so that sums are exact in any order. */
  const whole = fc.oneof(fc.constantFrom(0, 1, 1e9), fc.nat(1000));
  const wholeValues = fc.array(
    fc.tuple(whole, fc.boolean()).map(([size, isNegative]) => (isNegative ? -size - 1 : size)),
    { minLength: 1, maxLength: 40 },
  );

  function totals({ count, sum, min, max }: HistogramValue) {
    return { count, sum, min, max };
  }

  test('gives what the SDK would have made of all the values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(signed, { minLength: 1, maxLength: 60 }),
        fc.array(signed, { minLength: 1, maxLength: 60 }),
        fc.constantFrom(EXPONENTIAL, explicit(BOUNDARIES)),
        async (one, other, kind) => {
          const merged = mergeHistograms(await record(one, kind), await record(other, kind));
          const atOnce = await record([...one, ...other], kind);
          expect(intervals(merged)).toEqual(intervals(atOnce));
          expect(totals(merged)).toEqual({ ...totals(atOnce), sum: merged.sum });
          // The sum of a gauge's values is unknown, and sums in another order differ in the last digit.
          expect((merged.sum ?? 1) / (atOnce.sum ?? 1) || 1).toBeCloseTo(1, 12);
        },
      ),
    );
  });

  test('is commutative and associative, and changes neither side', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(wholeValues, wholeValues, wholeValues),
        fc.tuple(aggregation, aggregation, aggregation),
        async (lists, kinds) => {
          const [a, b, c] = (await Promise.all(lists.map((list, index) => record(list, kinds[index])))) as [
            HistogramValue,
            HistogramValue,
            HistogramValue,
          ];
          [a, b, c].forEach(deepFreeze);
          const merged = mergeHistograms(mergeHistograms(a, b), c);
          expect(totals(mergeHistograms(b, a))).toEqual(totals(mergeHistograms(a, b)));
          expect(totals(mergeHistograms(a, mergeHistograms(b, c)))).toEqual(totals(merged));
          const all = lists.flat();
          expect(totals(merged)).toEqual({
            count: all.length,
            sum: all.some((each) => each < 0) ? undefined : sumOf(all),
            min: Math.min(...all),
            max: Math.max(...all),
          });
          expect(intervals(merged).reduce((total, part) => total + part.count, 0)).toBe(all.length);
        },
      ),
    );
  });

  test('keeps quantiles within a bucket of the coarser scale', async () => {
    const random = seededRandom(17);
    for (const factor of [1, 1e-3, 1e9]) {
      const one = Array.from({ length: 3000 }, () => DISTRIBUTIONS.logNormal(random));
      const other = Array.from({ length: 2000 }, () => DISTRIBUTIONS.pareto(random) * factor);
      const merged = mergeHistograms(await record(one), await record(other)) as ExponentialHistogram;
      const base = 2 ** (2 ** -merged.scale);
      for (const q of [0.01, 0.25, 0.5, 0.75, 0.95, 0.99]) {
        const ratio = quantile(merged, q) / nearestRank([...one, ...other], q);
        expect(Math.max(ratio, 1 / ratio)).toBeLessThan(base);
      }
    }
  });

  test('brings the finer scale down and keeps within the limit of buckets', () => {
    const fine = exponentialHistogram({
      scale: 3,
      positive: { offset: 5, bucketCounts: [1, 2, 3] },
      count: 6,
    });
    const coarse = exponentialHistogram({
      scale: 1,
      positive: { offset: -2, bucketCounts: [4, 0, 5] },
      count: 9,
    });
    expect(mergeHistograms(fine, coarse)).toMatchObject({
      scale: 1,
      positive: { offset: -2, bucketCounts: [4, 0, 5, 6] },
    });
    const far = exponentialHistogram({ scale: 3, positive: { offset: 4000, bucketCounts: [7] }, count: 7 });
    const { scale, positive } = mergeHistograms(fine, far) as ExponentialHistogram;
    // 5 to 4000 are 3,996 buckets: three steps bring them to 501.
    expect({ scale, width: positive.bucketCounts.length }).toEqual({ scale: 0, width: 501 });
    expect(positive.bucketCounts.length).toBeLessThanOrEqual(MAX_HISTOGRAM_BUCKETS);
  });

  test('loses no resolution to a histogram of zeros, which the SDK gives scale 0', async () => {
    const zeros = await record([0, 0, 0]);
    const timings = await record([14, 15, 16]);
    expect(zeros).toMatchObject({ scale: 0 });
    expect(mergeHistograms(zeros, timings)).toMatchObject({
      scale: (timings as ExponentialHistogram).scale,
      zeroCount: 3,
      count: 6,
    });
    expect(mergeHistograms(zeros, zeros)).toMatchObject({ zeroCount: 6, count: 6, min: 0, max: 0 });
  });

  test('gives the other one when one is empty', () => {
    const histogram = explicitHistogram({ counts: [1, 0, 0], count: 1, sum: 5, min: 5, max: 5 });
    expect(mergeHistograms(exponentialHistogram({}), histogram)).toBe(histogram);
    expect(mergeHistograms(histogram, exponentialHistogram({}))).toBe(histogram);
  });

  test('does not know what one of the two does not know', () => {
    const known = explicitHistogram({ counts: [1, 1, 0], count: 2, sum: 20, min: 5, max: 15 });
    const unknown = explicitHistogram({ counts: [1, 0, 0], count: 1 });
    expect(totals(mergeHistograms(known, unknown))).toEqual({
      count: 3,
      sum: undefined,
      min: undefined,
      max: undefined,
    });
  });

  test('does not add buckets of other boundaries', () => {
    const one = explicitHistogram({ counts: [0, 2, 0], count: 2, sum: 30, min: 14, max: 16 });
    const other = explicitHistogram({
      boundaries: [1, 2],
      counts: [0, 2, 0],
      count: 2,
      sum: 3,
      min: 1.4,
      max: 1.6,
    });
    const merged = mergeHistograms(one, other);
    expect(quantile(merged, 0.5)).toBeLessThanOrEqual(2);
    expect(quantile(merged, 0.75)).toBeGreaterThanOrEqual(10);
  });

  test('of different kinds or boundaries keeps the totals and places values in their buckets', async () => {
    const random = seededRandom(23);
    const one = Array.from({ length: 2000 }, () => DISTRIBUTIONS.logNormal(random));
    const other = Array.from({ length: 3000 }, () => DISTRIBUTIONS.logNormal(random));
    const all = [...one, ...other];
    // Two fifths of the values are known to the width of an explicit bucket only.
    for (const [kind, tolerance] of [
      [EXPONENTIAL, 0.05],
      [explicit([20, 60, 180, 540, 1620]), 0.2],
    ] as const) {
      const merged = mergeHistograms(await record(one, explicit(BOUNDARIES)), await record(other, kind));
      expect(merged.type).toBe('exponential');
      expect(totals(merged)).toEqual({
        count: 5000,
        sum: expect.closeTo(sumOf(all), 3),
        min: Math.min(...all),
        max: Math.max(...all),
      });
      expect(rankMeans(merged)(0, 5000)).toBeCloseTo(sumOf(all) / 5000, 6);
      for (const q of [0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
        expect(Math.abs(quantile(merged, q) / nearestRank(all, q) - 1)).toBeLessThan(tolerance);
      }
    }
  });
});

describe('toExponential', () => {
  const totals = ({ count, sum, min, max }: HistogramValue) => ({ count, sum, min, max });

  test('keeps count, sum, minimum and maximum, in at most so many buckets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(signed, { minLength: 1, maxLength: 60 }),
        aggregation,
        fc.integer({ min: 1, max: 640 }),
        async (values, kind, maxBuckets) => {
          const histogram = await record(values, kind);
          const made = toExponential(histogram, maxBuckets);
          expect(made.type).toBe('exponential');
          expect(totals(made)).toEqual(totals(histogram));
          const inBuckets = [made.positive, made.negative].flatMap(({ bucketCounts }) => bucketCounts);
          expect(sumOf(inBuckets) + made.zeroCount).toBe(values.length);
          expect(made.positive.bucketCounts.length).toBeLessThanOrEqual(maxBuckets);
          expect(made.negative.bucketCounts.length).toBeLessThanOrEqual(maxBuckets);
        },
      ),
    );
  });

  test('joins neighbours, each step two, until there are few enough', () => {
    const histogram = exponentialHistogram({
      scale: 2,
      positive: { offset: 3, bucketCounts: [1, 2, 4, 8, 16] },
      count: 31,
    });
    expect(toExponential(histogram)).toEqual(histogram);
    expect(toExponential(histogram, 3)).toMatchObject({
      scale: 1,
      positive: { offset: 1, bucketCounts: [1, 6, 24] },
    });
  });

  test('of nothing is nothing', () => {
    expect(toExponential(explicitHistogram({ sum: 0 }))).toEqual(exponentialHistogram({ sum: 0 }));
  });
});

describe('quantiles', () => {
  test('are those that one gets one by one', async () => {
    const histogram = await record([1, 2, 3, 5, 8, 13]);
    const shares = [0, 0.07, 0.5, 0.95, 1];
    expect(quantiles(histogram, shares)).toEqual(shares.map((share) => quantile(histogram, share)));
  });
});

describe('bitReversed', () => {
  test('has the numbers below its size, each first part of them spread over the whole range', () => {
    expect([0, 1, 2, 3, 5, 8].map(bitReversed)).toEqual([
      [],
      [0],
      [0, 1],
      [0, 2, 1],
      [0, 4, 2, 1, 3],
      [0, 4, 2, 6, 1, 5, 3, 7],
    ]);
  });
});

describe('millisOfUnit', () => {
  test('knows the units of time, and no others', () => {
    const units = ['ns', 'us', 'ms', 's', 'min', 'h', 'd', '', 'By', 'constructor'];
    expect(units.map(millisOfUnit)).toEqual([
      0.000_001,
      0.001,
      1,
      1000,
      60 * 1000,
      3600 * 1000,
      24 * 3600 * 1000,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
