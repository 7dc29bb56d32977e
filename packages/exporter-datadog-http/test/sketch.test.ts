import type {
  ExplicitHistogram,
  ExponentialHistogram,
  HistogramSeries,
  HistogramValue,
} from '@tallykit/exporter-base';
import { AgentSketch, parseDatadogPayload } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFormat } from '../src/format.ts';
import { readOptions } from '../src/options.ts';
import { sketchOf } from '../src/sketch.ts';

function explicit(boundaries: number[], values: readonly number[]): ExplicitHistogram {
  const counts = new Array<number>(boundaries.length + 1).fill(0);
  for (const value of values) {
    const index = boundaries.findIndex((boundary) => value <= boundary);
    counts[index === -1 ? boundaries.length : index]! += 1;
  }
  return {
    type: 'explicit',
    boundaries,
    counts,
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: Math.min(...values),
    max: Math.max(...values),
  };
}

/** At the finest scale, up to the given one, at which the SDK's 640 buckets are enough. */
function exponential(finest: number, values: readonly number[]): HistogramValue {
  const logarithms = values.filter((value) => value !== 0).map((value) => Math.log2(Math.abs(value)));
  const width = Math.max(0, ...logarithms) - Math.min(0, ...logarithms);
  const scale = Math.min(finest, Math.floor(Math.log2(600 / (width + 1))));
  const half = (chosen: readonly number[]) => {
    if (chosen.length === 0) return { offset: 0, bucketCounts: [] };
    const indexes = chosen.map((value) => Math.ceil(Math.log2(Math.abs(value)) * 2 ** scale) - 1);
    const offset = Math.min(...indexes);
    const bucketCounts = new Array<number>(Math.max(...indexes) - offset + 1).fill(0);
    for (const index of indexes) bucketCounts[index - offset]! += 1;
    return { offset, bucketCounts };
  };
  return {
    ...explicit([], values),
    type: 'exponential',
    scale,
    zeroCount: values.filter((value) => value === 0).length,
    positive: half(values.filter((value) => value > 0)),
    negative: half(values.filter((value) => value < 0)),
  };
}

/** So many values, all of them 7. */
function ofSevens(count: number): HistogramValue {
  return {
    type: 'explicit',
    boundaries: [],
    counts: [count],
    count,
    sum: 7 * count,
    min: 7,
    max: 7,
  };
}

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

// Where Datadog's bins begin and end: the key of a value is its logarithm to the base 1.015625, rounded, plus 1338.
const keyOf = (value: number) => Math.round(Math.log(value) / Math.log(1.015625)) + 1338;

const someValues = fc.array(
  fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 1e-12, max: 1e-6, noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(-1e300, 1e300, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324),
  ),
  { minLength: 1, maxLength: 200 },
);

describe('sketchOf', () => {
  it('keeps the totals, and puts a value into the bin of the Agent', () => {
    expect(sketchOf(explicit([5, 10, 20], [1, 10, 10, 100]))).toMatchObject({
      count: 4,
      sum: 121,
      min: 1,
      max: 100,
    });
    expect(sketchOf(explicit([], [10, 10]))).toMatchObject({ keys: [keyOf(10)], counts: [2] });
    expect(sketchOf(explicit([], [1])).keys).toEqual([1338]);
    expect(sketchOf(explicit([], [-10, -10])).keys).toEqual([-keyOf(10)]);
    expect(sketchOf(explicit([], [1e-12])).keys).toEqual([0]);
  });

  it('spreads a bucket evenly over the bins that it overlaps', () => {
    const { keys, counts } = sketchOf({
      ...explicit([100, 200], []),
      counts: [0, 1000, 0],
      count: 1000,
      sum: 150_000,
      min: 100,
      max: 200,
    });
    expect(keys).toEqual(Array.from({ length: keys.length }, (_, index) => keyOf(100) + index));
    expect(keys.at(-1)).toBe(keyOf(200));
    for (const [index, key] of keys.entries()) {
      const from = Math.max(1.015625 ** (key - 1338 - 0.5), 100);
      const to = Math.min(1.015625 ** (key - 1338 + 0.5), 200);
      expect(Math.abs(counts[index]! - 10 * (to - from))).toBeLessThanOrEqual(1);
    }
  });

  it('of values below zero is the mirror of that of values above', () => {
    const totals = { ...explicit([100, 200], []), count: 1000, counts: [0, 1000, 0] };
    const above = sketchOf({ ...totals, sum: 150_000, min: 100, max: 200 });
    const below = sketchOf({ ...totals, boundaries: [-200, -100], sum: -150_000, min: -200, max: -100 });
    expect(below.keys).toEqual(above.keys.map((key) => -key).toReversed());
    for (const [index, count] of below.counts.toReversed().entries())
      expect(Math.abs(count - above.counts[index]!)).toBeLessThanOrEqual(1);
  });

  it('spreads a bucket that contains zero evenly over the bins around zero', () => {
    const count = 200_000;
    const { keys, counts } = sketchOf({
      ...explicit([], []),
      counts: [count],
      count,
      sum: 0,
      min: -4e-9,
      max: 4e-9,
    });
    // Values that are closer to zero than the first bin begins are in the bin 0.
    const smallest = 1.015625 ** (1 - 1338);
    expect(Math.abs(counts[keys.indexOf(0)]! - (count * 2 * smallest) / 8e-9)).toBeLessThanOrEqual(1);
    expect(keys).toEqual(keys.map((key) => 0 - key).toReversed());
    for (const [index, one] of counts.entries())
      expect(Math.abs(one - counts.at(-1 - index)!)).toBeLessThanOrEqual(1);
  });

  it('loses no value and makes none, keeps to the ascending keys of 16 bits, whatever was recorded', () => {
    fc.assert(
      fc.property(someValues, fc.integer({ min: -10, max: 20 }), (values, scale) => {
        for (const histogram of [exponential(scale, values), explicit([-5, 0, 5, 1000], values)]) {
          const { count, min, max, keys, counts } = sketchOf(histogram);
          expect([count, min, max]).toEqual([values.length, histogram.min, histogram.max]);
          expect(total(counts)).toBe(values.length);
          expect(counts.every((one) => Number.isInteger(one) && one > 0)).toBe(true);
          expect(keys.every((key, index) => index === 0 || key > keys[index - 1]!)).toBe(true);
          expect(keys.every((key) => Math.abs(key) <= 32_766)).toBe(true);
        }
      }),
    );
  });

  it('gives the quantiles of the histogram back, within the width of its bins', () => {
    const positive = fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(positive, fc.constantFrom(0, 0.25, 0.5, 0.9, 1), (values, q) => {
        const histogram = exponential(20, values);
        const sketch = new AgentSketch();
        sketch.addBins(sketchOf(histogram));
        const sorted = values.toSorted((first, second) => first - second);
        const rank = q * (values.length - 1);
        // As wide as the histogram's bucket, and a bin more.
        const width = 2 ** (2 ** -(histogram as ExponentialHistogram).scale) * 1.015625;
        expect(sketch.quantile(q)).toBeGreaterThanOrEqual((sorted[Math.floor(rank)]! / width) * (1 - 1e-12));
        expect(sketch.quantile(q)).toBeLessThanOrEqual(sorted[Math.ceil(rank)]! * width * (1 + 1e-12));
      }),
    );
  });

  it('estimates what a histogram does not know', () => {
    const known = explicit([10, 20], [12, 14, 16]);
    const { sum, min, max } = sketchOf({ ...known, sum: undefined, min: undefined, max: undefined });
    expect([min, max]).toEqual([10, 20]);
    expect(sum).toBeGreaterThan(3 * 10);
    expect(sum).toBeLessThan(3 * 20);
  });

  it('has at most 4096 bins: the lowest values share one', () => {
    const { keys, counts } = sketchOf({
      ...exponential(0, [1]),
      positive: { offset: -20, bucketCounts: new Array<number>(400).fill(100_000) },
      count: 40_000_000,
      sum: 1,
      min: 2 ** -20,
      max: 2 ** 380,
    } as HistogramValue);
    expect(new Set(keys).size).toBe(4096);
    expect(total(counts)).toBe(40_000_000);
    expect(keys.at(-1)).toBe(keyOf(2 ** 380));
    const inBin = (key: number) => total(counts.filter((_, index) => keys[index] === key));
    expect(inBin(keys[0]!)).toBeGreaterThan(inBin(keys[0]! + 1) * 100);
  });

  // As `appendSafe` of the Agent does it: what is left over first, then the full ones.
  it.each([
    [65_534, [65_534]],
    [65_535, [65_535]],
    [65_536, [1, 65_535]],
    [131_070, [65_535, 65_535]],
    [200_000, [3395, 65_535, 65_535, 65_535]],
  ])('repeats the key of a bin of %d values, as an Agent whose bins have 16 bits', (count, expected) => {
    const { keys, counts } = sketchOf(ofSevens(count));
    expect(keys).toEqual(expected.map(() => keyOf(7)));
    expect(counts).toEqual(expected);
  });

  it('has bins of 32 bits for more values than all bins of 16 bits hold, as the newest Agents', () => {
    const most = 4096 * 65_535;
    expect(sketchOf(ofSevens(most)).counts).toEqual(new Array<number>(4096).fill(65_535));
    expect(sketchOf(ofSevens(most + 1)).counts).toEqual([most + 1]);
    const count = 3 * 2 ** 32;
    const { keys, counts } = sketchOf(ofSevens(count));
    expect(keys).toEqual([keyOf(7), keyOf(7), keyOf(7), keyOf(7)]);
    expect(counts).toEqual([3, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1]);
    expect(total(counts)).toBe(count);
  });

  it.each([65_535, 65_536, 200_000])('of %d equal values is read again: totals and quantiles', (count) => {
    const format = createFormat(readOptions({ apiKey: 'any' }, {}));
    const series = { type: 'histogram', name: 'latency', tags: '', startMillis: 0, endMillis: 10_000 };
    const text = format({ ...series, value: ofSevens(count) } as HistogramSeries, 10) as string;
    const { sketches } = parseDatadogPayload('/api/beta/sketches', Buffer.from(text, 'latin1'))!;
    expect(sketches).toMatchObject([{ count, sum: 7 * count, min: 7, max: 7, average: 7 }]);
    const read = new AgentSketch();
    read.addBins(sketches[0]!);
    expect(read).toMatchObject({ count, sum: 7 * count, min: 7, max: 7 });
    expect([0, 0.5, 0.99, 1].map((q) => read.quantile(q))).toEqual([7, 7, 7, 7]);
  });

  it('parts a bin that is too full for 16 bits, beside others that are not', () => {
    const totals = { boundaries: [10], counts: [70_000, 1], count: 70_001, sum: 700_020, min: 10, max: 20 };
    const { keys, counts } = sketchOf({ ...explicit([], []), ...totals });
    expect(keys.slice(0, 2)).toEqual([keyOf(10), keyOf(10)]);
    expect(counts).toEqual([70_000 - 65_535, 65_535, 1]);
  });

  it('keeps the order of full bins and others', () => {
    const totals = { count: 400_007, sum: undefined, min: 1, max: 100 };
    const histogram: HistogramValue = {
      type: 'explicit',
      boundaries: [1, 49.999, 50, 99.999],
      counts: [100_000, 0, 7, 0, 300_000],
      ...totals,
    };
    const sketch = new AgentSketch();
    sketch.addBins(sketchOf(histogram));
    expect(sketch.count).toBe(400_007);
    for (const [rank, value] of [
      [99_000, 1],
      [100_003, 50],
      [101_000, 100],
    ] as const)
      expect(Math.abs(sketch.quantile(rank / 400_006) / value - 1)).toBeLessThan(0.016);
  });
});
