import { formatNumber, formatRate, type HistogramValue } from '@tallykit/exporter-base';
import { AgentSketch } from '@tallykit/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DISTRIBUTIONS,
  explicit,
  explicitHistogram,
  EXPONENTIAL,
  record,
} from '../../exporter-base/test/record.ts';
import { seededRandom } from '../../../test/random.ts';
import { weightedSamples, type Sample } from '../src/samples.ts';
import { runs, step } from '../../../test/runs.ts';

/** What the Agent makes of the samples as they are printed. */
function sketchOf(samples: readonly Sample[]): AgentSketch {
  const sketch = new AgentSketch();
  for (const { value, weight } of samples)
    sketch.insert(Number(formatNumber(value)), Number(formatRate(weight)));
  return sketch;
}

function ascending(samples: readonly Sample[]): Sample[] {
  return samples.toSorted((one, other) => one.value - other.value);
}

function totalWeight(samples: readonly Sample[]): number {
  return samples.reduce((total, { weight }) => total + weight, 0);
}

function sumOf(values: readonly number[]): number {
  // Neumaier's summation: the expectation must be better than what is tested.
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** How far apart two numbers are, as a share of the second. */
function deviation(actual: number, expected: number): number {
  return Math.abs(actual / expected - 1);
}

function draw(distribution: keyof typeof DISTRIBUTIONS, size: number, seed: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: size }, () => DISTRIBUTIONS[distribution](random));
}

describe("the Agent's sketch", () => {
  const SIZE = 200_000;
  const size = runs(SIZE);

  test.each([
    { distribution: 'logNormal' },
    { distribution: 'bimodal' },
    { distribution: 'pareto' },
  ] as const)(
    `of ${size} $distribution values has their count, minimum and maximum, the sum to 1e-12, quantiles within 2 %`,
    async ({ distribution }) => {
      for (let seed = 1; seed <= 4; seed += 1) {
        const values = draw(distribution, size, seed);
        const sorted = values.toSorted((one, other) => one - other);
        const sketch = sketchOf(weightedSamples(await record(values)));
        expect(sketch.count).toBe(size);
        expect([sketch.min, sketch.max]).toEqual([sorted[0], sorted.at(-1)]);
        expect(deviation(sketch.sum, sumOf(values))).toBeLessThan(1e-12);
        for (const q of [0.5, 0.75, 0.9, 0.95, 0.99, 0.999]) {
          const exact = sorted[Math.ceil(q * size) - 1]!;
          expect(deviation(sketch.quantile(q), exact), `p${q * 100}, seed ${seed}`).toBeLessThan(0.02);
        }
      }
    },
  );

  test('of a few values has each of them', async () => {
    for (const values of [[14.2], [14.2, 250.7], [1, 2, 4, 8, 16, 32], [5, 5, 5, 5], [0, 0, 1]]) {
      const sketch = sketchOf(weightedSamples(await record(values)));
      const sorted = values.toSorted((one, other) => one - other);
      expect([sketch.count, sketch.min, sketch.max]).toEqual([values.length, sorted[0], sorted.at(-1)]);
      expect(sketch.sum).toBeCloseTo(sumOf(values), 9);
      expect(deviation(sketch.quantile(0.5) + 1, sorted[Math.ceil(values.length / 2) - 1]! + 1)).toBeLessThan(
        0.02,
      );
    }
  });

  test.each([
    { distribution: 'logNormal', bounds: [0.07, 0.05, 0.06] },
    { distribution: 'pareto', bounds: [0.12, 0.08, 0.06] },
    { distribution: 'bimodal', bounds: [0.3, 0.05, 0.05] },
  ] as const)(
    'of $distribution values in the default explicit buckets is as right as these are wide',
    async ({ distribution, bounds }) => {
      for (let seed = 1; seed <= 3; seed += 1) {
        const values = draw(distribution, SIZE, seed);
        const sorted = values.toSorted((one, other) => one - other);
        const sketch = sketchOf(weightedSamples(await record(values, explicit())));
        expect([sketch.count, sketch.min, sketch.max]).toEqual([SIZE, sorted[0], sorted.at(-1)]);
        expect(deviation(sketch.sum, sumOf(values))).toBeLessThan(1e-12);
        for (const [index, q] of [0.5, 0.95, 0.99].entries()) {
          const exact = sorted[Math.ceil(q * SIZE) - 1]!;
          expect(deviation(sketch.quantile(q), exact), `p${q * 100}`).toBeLessThan(bounds[index]!);
        }
      }
    },
  );
});

describe('samples', () => {
  /** Values over many orders of magnitude, with zeros, repeated ones and bucket boundaries among them. */
  const value = fc.oneof(
    fc.constantFrom(0, 1, 2, 4, 10, 25, 250, 1e9),
    fc.double({ min: 1e-9, max: 1000, noNaN: true }),
    fc.double({ min: 1e-150, max: 1e150, noNaN: true }),
    fc.double({ min: -1000, max: 1000, noNaN: true }),
  );
  const kind = fc.constantFrom(EXPONENTIAL, explicit([]), explicit([3, 300]), explicit([-5, 5, 10, 25, 250]));

  test('have the exact count, sum, minimum and maximum, whatever was recorded', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(value, { minLength: 1, maxLength: 80 }),
        kind,
        async (values, aggregation) => {
          const histogram = await record(values, aggregation);
          const samples = weightedSamples(histogram);
          expect(totalWeight(samples)).toBe(values.length);
          expect(samples.every(({ weight }) => Number.isInteger(weight) && weight >= 1)).toBe(true);
          const inOrder = ascending(samples);
          expect([inOrder[0]!.value + 0, inOrder.at(-1)!.value + 0]).toEqual([
            Math.min(...values) + 0,
            Math.max(...values) + 0,
          ]);
          // The SDK gives no sum for an instrument that can go down.
          if (histogram.sum === undefined) return;
          const sum = sumOf(samples.map((sample) => sample.value * sample.weight));
          expect(Math.abs(sum - histogram.sum)).toBeLessThanOrEqual(1e-12 * Math.abs(histogram.sum));
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test('are fewer than the buckets where those are narrower than the Agent can tell apart', async () => {
    const random = seededRandom(5);
    const histogram = await record(Array.from({ length: 50_000 }, () => 10 + 10 * random()));
    if (histogram.type !== 'exponential') throw new Error('not exponential');
    expect(histogram.positive.bucketCounts.length).toBeGreaterThan(400);
    // An octave at a ratio of 2 ** (1 / 32), and the two ends.
    expect(weightedSamples(histogram).length).toBeLessThanOrEqual(36);
  });

  test('are at most eight for an explicit bucket, of nearly equal weights', () => {
    const histogram = explicitHistogram({
      boundaries: [],
      counts: [100_003],
      count: 100_003,
      sum: 50_000_000,
      min: 1,
      max: 1000,
    });
    const weights = ascending(weightedSamples(histogram)).map(({ weight }) => weight);
    expect([weights.length, weights[0], weights[9]]).toEqual([10, 1, 1]);
    for (const weight of weights.slice(1, -1)) expect(Math.abs(weight - 12_500)).toBeLessThanOrEqual(1);
  });

  test.each([
    ['narrow', 1, 1.01, 1],
    ['wider', 1, 1.05, 3],
    ['wide', 1, 1000, 8],
    ['that contains zero', -10, 10, 8],
  ])('are as many for a bucket below zero as for one above: one that is %s', (_, min, max, parts) => {
    const rest = { boundaries: [], counts: [1000], count: 1000 };
    const above = weightedSamples(explicitHistogram({ ...rest, sum: 500 * (min + max), min, max }));
    const below = weightedSamples(
      explicitHistogram({ ...rest, sum: -500 * (min + max), min: -max, max: -min }),
    );
    // And the smallest and the largest value.
    expect([above.length, below.length]).toEqual([parts + 2, parts + 2]);
  });

  test('of huge counts take no longer', () => {
    for (const count of [1e9, 1e12 + 7, Number.MAX_SAFE_INTEGER]) {
      const quarter = Math.floor(count / 4);
      const counts = [quarter, quarter, quarter, count - 3 * quarter];
      const totals = { count, sum: 17.25 * count, min: 1, max: 50 };
      const samples = weightedSamples(explicitHistogram({ boundaries: [10, 20, 30], counts, ...totals }));
      expect(totalWeight(samples)).toBe(count);
      expect(sumOf(samples.map(({ value: each, weight }) => each * weight)) / count).toBeCloseTo(17.25, 9);
    }
  });

  test('without minimum and maximum pin nothing, and keep count and sum', async () => {
    const values = draw('logNormal', 5000, 9);
    const histogram = await record(values, explicit([50, 500], false));
    const samples = weightedSamples(histogram);
    expect(totalWeight(samples)).toBe(5000);
    expect(
      deviation(sumOf(samples.map(({ value: each, weight }) => each * weight)), histogram.sum!),
    ).toBeLessThan(1e-12);
    expect(ascending(samples)[0]!.weight).toBeGreaterThan(1);
  });

  test('of no values are none', () => {
    expect(weightedSamples(explicitHistogram({}))).toEqual([]);
  });

  test('are numbers within the limits when the data contradicts itself', () => {
    const empty = { offset: 0, bucketCounts: [] };
    const exponential = {
      type: 'exponential',
      scale: 0,
      zeroCount: 0,
      positive: { offset: 3, bucketCounts: [2, 2] },
      negative: empty,
    } as const;
    const contradictions: HistogramValue[] = [
      { ...exponential, count: 4, sum: 1e6, min: 9, max: 20 },
      { ...exponential, count: 4, sum: -3, min: 9, max: 20 },
      { ...exponential, count: 400, sum: 4800, min: 9, max: 20 },
      { ...exponential, positive: empty, count: 4, sum: 50, min: 9, max: 20 },
      explicitHistogram({ counts: [0, 0, 4], count: 4, sum: 60, min: 9, max: 20 }),
    ];
    for (const histogram of contradictions) {
      const samples = weightedSamples(histogram);
      expect(totalWeight(samples)).toBe(histogram.count);
      for (const { value: each } of samples) {
        expect(each).toBeGreaterThanOrEqual(9);
        expect(each).toBeLessThanOrEqual(20);
      }
    }
  });

  test('come in an order that shows all of the distribution from the start', async () => {
    const samples = weightedSamples(await record(draw('logNormal', 100_000, 3)));
    const all = sketchOf(samples);
    const half = sketchOf(samples.slice(0, samples.length >> 1));
    for (const q of [0.5, 0.95]) expect(deviation(half.quantile(q), all.quantile(q))).toBeLessThan(0.05);
  });
});

test('the printed rate of every weight up to 1,000,000 is a plain decimal that gives the weight back', () => {
  const wrong: number[] = [];
  for (let weight = 1; weight <= 1_000_000; weight += step(13)) {
    const text = formatRate(weight);
    if (!/^(?:1|0\.\d+)$/.test(text) || Math.trunc(1 / Number(text)) !== weight) wrong.push(weight);
  }
  expect(wrong).toEqual([]);
});
