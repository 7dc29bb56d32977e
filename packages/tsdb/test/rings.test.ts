import type { HistogramValue } from '@tallykit/exporter-base';
import { mergeHistograms, quantile } from '@tallykit/exporter-base/histograms';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedHistogram } from '../src/cells.ts';
import { createRing, DistributionRing, RingLayout } from '../src/rings.ts';
import { bucketStart, storedUntil, type Rollup } from '../src/rollups.ts';

const ROLLUPS: readonly Rollup[] = [
  [10, 5],
  [60, 3],
];
const layout = new RingLayout(ROLLUPS, 64);
const one = (value: number): HistogramValue => ({
  type: 'explicit',
  boundaries: [],
  counts: [1],
  count: 1,
  sum: value,
  min: value,
  max: value,
});

/** Values at moments that mostly go on, and sometimes back. */
const recordings = fc.array(fc.tuple(fc.integer({ min: -100, max: 200 }), fc.integer({ min: 1, max: 100 })), {
  maxLength: 60,
});

describe('rings', () => {
  it('hold in each bucket what was recorded in it, for as long as it is stored', () => {
    fc.assert(
      fc.property(recordings, fc.nat(400), (given, later) => {
        const counter = createRing('counter', layout);
        const gauge = createRing('gauge', layout);
        const kept: { at: number; value: number }[] = [];
        let now = 1_000_000;
        let latest = 0;
        for (const [step, value] of given) {
          now += Math.max(step, 0);
          const at = step < 0 ? now + step : now;
          latest = Math.max(latest, at);
          counter.record(at, value);
          gauge.record(at, value);
          // Too late for a rollup is lost there, also when nothing newer was recorded yet: time decides, not the series.
          kept.push({ at, value });
        }
        now += later;
        for (const [index, rollup] of ROLLUPS.entries()) {
          for (let bucket = bucketStart(now, rollup[0]); bucket > now - 300; bucket -= rollup[0]) {
            const isStored = storedUntil(bucket, rollup) > now;
            const values = !isStored
              ? []
              : kept.filter(({ at }) => bucketStart(at, rollup[0]) === bucket).map(({ value }) => value);
            const sum = values.reduce((total, value) => total + value, 0);
            expect(counter.read(index, bucket, now) ?? 0).toBe(sum);
            expect(gauge.read(index, bucket, now)).toBe(values.at(-1));
          }
        }
      }),
    );
  });

  it('keep distributions with exact totals and quantiles that are close', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), {
      minLength: 1,
      maxLength: 100,
    });
    fc.assert(
      fc.property(values, (given) => {
        const ring = new DistributionRing(layout);
        for (const value of given) ring.record(100, boundedHistogram(one(value), 64));
        const { count, sum, min, max, p50 } = ring.readSummary(0, 100, 100);
        expect({ count, min, max }).toEqual({
          count: given.length,
          min: Math.min(...given),
          max: Math.max(...given),
        });
        expect(sum! / given.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 9);
        const sorted = given.toSorted((first, second) => first - second);
        const exact = sorted[Math.ceil(given.length / 2) - 1]!;
        // 30 octaves in 64 buckets: each may be half an octave wide.
        expect(Math.abs(Math.log2(p50! / exact))).toBeLessThanOrEqual(0.51);
      }),
    );
  });

  it('say the same as the histograms they are made of', () => {
    const ring = new DistributionRing(layout);
    let expected: HistogramValue | undefined;
    for (let value = -20; value <= 500; value += 1) {
      const histogram = boundedHistogram(one(value), 64);
      ring.record(100, histogram);
      expected = expected ? boundedHistogram(mergeHistograms(expected, histogram), 64) : histogram;
    }
    expect(ring.read(0, 100, 100)).toEqual(expected);
    const { p50, p95, p99 } = ring.readSummary(1, 60, 100);
    expect([p50, p95, p99]).toEqual([0.5, 0.95, 0.99].map((share) => quantile(expected!, share)));
    // From here on, they are kept.
    expect(ring.readSummary(1, 60, 100)).toMatchObject({ p50, p95, p99, count: 521 });
  });

  it('have quantiles within one percent of 100,000 values', () => {
    const ring = new DistributionRing(layout);
    // Evenly spread shares of a Pareto distribution (α 1.5), in an order of their own.
    const count = 100_000;
    const valueAt = (rank: number): number => 10 * (1 - (rank - 0.5) / count) ** (-1 / 1.5);
    const counts = new Map<number, number>();
    for (let rank = 1; rank <= count; rank += 1) {
      const index = Math.ceil(Math.log2(valueAt(rank)) * 64) - 1;
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
    const offset = Math.min(...counts.keys());
    const bucketCounts = Array.from(
      { length: Math.max(...counts.keys()) - offset + 1 },
      (_, index) => counts.get(offset + index) ?? 0,
    );
    const sum = Array.from({ length: count }, (_, index) => valueAt(index + 1)).reduce(
      (total, value) => total + value,
    );
    const totals = { count, sum, min: valueAt(1), max: valueAt(count) };
    const empty = { offset: 0, bucketCounts: [] };
    ring.record(100, {
      type: 'exponential',
      scale: 6,
      zeroCount: 0,
      positive: { offset, bucketCounts },
      negative: empty,
      ...totals,
    });
    const { p50, p95, p99 } = ring.readSummary(0, 100, 100);
    for (const [found, share] of [
      [p50, 0.5],
      [p95, 0.95],
      [p99, 0.99],
    ] as const) {
      expect(Math.abs(found! / valueAt(share * count) - 1)).toBeLessThan(0.01);
    }
  });

  it('count on after one bucket of a distribution is full', () => {
    const ring = new DistributionRing(layout);
    const many = (value: number, count: number) =>
      ({ ...one(value), counts: [count], count, sum: value * count }) as HistogramValue;
    ring.record(100, many(5, 3e9));
    ring.record(100, many(5, 3e9));
    ring.record(100, many(1000, 2e9));
    const { p50, ...totals } = ring.readSummary(0, 100, 100);
    expect(totals).toMatchObject({ count: 8e9, sum: 2030e9, min: 5, max: 1000 });
    expect(Math.abs(p50! / 5 - 1)).toBeLessThan(0.1);
  });
});
