import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketExpiry,
  bucketsBetween,
  bucketStart,
  formatResolution,
  parseResolution,
  reachingRollups,
  rollUp,
  storedUntil,
  type Buckets,
  type Rollup,
} from '../src/rollups.ts';

const startsOf = (buckets: Buckets): number[] =>
  Array.from({ length: buckets.count }, (_, index) => buckets.startOf(index));

const seconds = (text: string): number => Date.parse(text) / 1000;

/** Those of Sentry's own tests of its store. */
const ROLLUPS: readonly Rollup[] = [
  [10, 30],
  [60, 120],
  [3600, 24],
  [86_400, 30],
];

describe('bucketStart', () => {
  it('gives the start of the minute', () => {
    const moment = seconds('2013-05-18T15:13:58Z');
    expect(bucketStart(moment, 60)).toBe(1_368_889_980);
    expect(bucketStart(moment + 20, 60)).toBe(1_368_890_040);
    expect(bucketStart(moment + 70, 60)).toBe(1_368_890_100);
  });
});

describe('bucketExpiry', () => {
  it('comes when the history no longer reaches back to the start of the bucket', () => {
    expect(bucketExpiry(1_368_890_038, [10, 30])).toBe(1_368_890_330);
  });

  it('is two buckets before the bucket is deleted', () => {
    expect(storedUntil(1_368_890_038, [10, 30])).toBe(1_368_890_350);
  });
});

describe('rollUp', () => {
  it('adds points up into hours', () => {
    const points = [
      [1_368_889_980, 5],
      [1_368_890_040, 10],
      [1_368_893_640, 7],
    ] as const;
    expect(rollUp(points, 3600)).toEqual([
      [1_368_889_200, 15],
      [1_368_892_800, 7],
    ]);
  });
});

describe('bucketsBetween, with the optimal rollup', () => {
  const end = seconds('2013-05-18T12:00:00Z');
  const optimalBuckets = (length: number, rollups = ROLLUPS) => {
    const [rollup] = reachingRollups(rollups, { start: end - length, end, now: end });
    return { rollup: rollup[0], buckets: startsOf(bucketsBetween(end - length, end, rollup)) };
  };

  it.each([
    ['30 seconds', 30, 10, 4],
    ['30 minutes', 1800, 60, 31],
    ['5 hours', 5 * 3600, 3600, 6],
    ['7 days', 7 * 86_400, 86_400, 8],
  ])('has the points of %s', (_, length, rollup, count) => {
    const series = optimalBuckets(length);
    expect(series.rollup).toBe(rollup);
    expect(series.buckets).toEqual(
      Array.from({ length: count }, (__, index) => bucketStart(end, rollup) - (count - 1 - index) * rollup),
    );
  });

  it('always has the bucket of the end, and that of the start when the steps meet it', () => {
    const late = seconds('2013-05-18T12:00:15Z');
    expect(startsOf(bucketsBetween(late - 19, late, [10, 30]))).toEqual([end, end + 10]);
  });

  it('has one point for less than a bucket, and none when the start is after the end', () => {
    expect(startsOf(bucketsBetween(end - 59, end, [60, 1]))).toEqual([end]);
    expect(startsOf(bucketsBetween(end + 1, end, [60, 1]))).toEqual([]);
  });

  it('is ascending, without gaps, and inside of the range but for the part of its first bucket', () => {
    const moment = fc.double({ min: 0, max: 2e9, noNaN: true });
    const length = fc.double({ min: 0, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(moment, length, fc.constantFrom(10, 60, 3600), (start, range, rollup) => {
        const buckets = startsOf(bucketsBetween(start, start + range, [rollup, 1]));
        expect(buckets.at(-1)).toBe(bucketStart(start + range, rollup));
        expect(buckets[0]).toBeGreaterThan(start - rollup);
        expect(buckets).toEqual(buckets.map((_, index) => buckets[0]! + index * rollup));
      }),
    );
  });
});

describe('reachingRollups', () => {
  const now = seconds('2026-11-22T12:00:00Z');
  const secondsOf = (start: number, end = now) => reachingRollups(ROLLUPS, { start, end, now })[0][0];

  it('is the finest that is long enough', () => {
    expect(secondsOf(now - 300)).toBe(10);
    expect(secondsOf(now - 301)).toBe(60);
    expect(secondsOf(now - 7201)).toBe(3600);
  });

  it('never chooses a rollup that has forgotten the start of a short range', () => {
    expect(secondsOf(now - 315, now - 310)).toBe(10);
    expect(secondsOf(now - 325, now - 320)).toBe(60);
    expect(secondsOf(now - 7330, now - 7320)).toBe(3600);
    expect(secondsOf(now - 93_700, now - 93_600)).toBe(86_400);
  });

  it('is the same a moment later, when the answer is made', () => {
    for (const later of [0.001, 5, 9.999]) {
      expect(reachingRollups(ROLLUPS, { start: now - 300, end: now, now: now + later })[0][0]).toBe(10);
    }
  });

  it('is the coarsest when none reaches that far back', () => {
    expect(secondsOf(now - 31 * 86_400, now - 31 * 86_400 + 10)).toBe(86_400);
  });

  it('chooses none of which a bucket in the range may have been deleted', () => {
    fc.assert(
      fc.property(fc.nat(2_592_000), fc.nat(2_592_000), (back, length) => {
        const start = now - back;
        const end = Math.min(start + length, now);
        const [rollup] = reachingRollups(ROLLUPS, { start, end, now });
        for (const bucket of startsOf(bucketsBetween(start, end, rollup)).slice(0, 1)) {
          expect(storedUntil(bucket, rollup)).toBeGreaterThan(now);
        }
      }),
    );
  });
});

describe('parseResolution', () => {
  it.each([
    ['10s', 10],
    ['5m', 300],
    ['1h', 3600],
    ['90d', 7_776_000],
  ])('reads %s, and writes it again', (text, value) => {
    expect(parseResolution(text)).toBe(value);
    expect(formatResolution(value)).toBe(text);
  });

  it.each(['', '10', 's', '-1s', '1.5h', '10 s', '1w', '10s ', '1e3s'])('reads nothing in %j', (text) => {
    expect(parseResolution(text)).toBeUndefined();
  });
});
