import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedHistogram } from '../src/cells.ts';
import { PendingDeltas, remoteSeries } from '../src/pending-deltas.ts';
import { bucketStart, type Rollup } from '../src/rollups.ts';

const ROLLUPS: readonly Rollup[] = [
  [10, 360],
  [3600, 168],
  [86_400, 90],
];
const jobs = remoteSeries({ type: 'counter', name: 'jobs', unit: '' }, '{}');
const depth = remoteSeries({ type: 'gauge', name: 'depth', unit: '' }, '{}');
const size = remoteSeries({ type: 'distribution', name: 'size', unit: '' }, '{}');
const one = (value: number) =>
  boundedHistogram(
    { type: 'explicit', boundaries: [], counts: [1], count: 1, sum: value, min: value, max: value },
    64,
  );

describe('PendingDeltas', () => {
  it('merges what is recorded in one bucket', () => {
    const pending = new PendingDeltas(ROLLUPS, 1e9, 64);
    for (const [at, value] of [
      [0, 1],
      [9, 2],
      [10, 4],
    ] as const) {
      pending.add(jobs, at, at, value);
      pending.add(depth, at, at, value);
      pending.add(size, at, at, one(value));
    }
    pending.add(depth, 8, 8, 100);
    expect(pending.size).toBe(6);
    const taken = pending.take(100);
    expect(
      taken.map(({ series, bucket, value, points }) => [
        series.name,
        bucket,
        typeof value === 'number' ? value : value.sum,
        points,
      ]),
    ).toEqual([
      ['jobs', 0, 3, 2],
      ['depth', 0, 2, 3],
      ['size', 0, 3, 2],
      ['jobs', 10, 4, 1],
      ['depth', 10, 4, 1],
      ['size', 10, 4, 1],
    ]);
    expect({ size: pending.size, bytes: pending.bytes }).toEqual({ size: 0, bytes: 0 });
  });

  it('gives the oldest first, as many as are wanted', () => {
    const pending = new PendingDeltas(ROLLUPS, 1e9, 64);
    for (const at of [30, 10, 20]) pending.add(jobs, at, at, at);
    expect(pending.take(2).map(({ bucket }) => bucket)).toEqual([10, 20]);
    pending.add(jobs, 0, 0, 1);
    expect(pending.take(2).map(({ bucket }) => bucket)).toEqual([0, 30]);
    expect(pending.take(2)).toEqual([]);
  });

  it('gives what was merged into coarser buckets before what is newer', () => {
    const pending = new PendingDeltas(ROLLUPS, 2000, 64);
    for (let at = 0; at < 100; at += 10) pending.add(depth, at, at, at);
    const taken = pending.take(100);
    expect(taken.length).toBeGreaterThan(1);
    expect(taken.map(({ level }) => level)).toEqual(
      taken.map(({ level }) => level).toSorted((a, b) => b - a),
    );
    expect(taken.at(-1)).toMatchObject({ level: 0, bucket: 90, value: 90 });
    expect(taken[0]!.level).toBeGreaterThan(0);
  });

  it('loses neither counts nor points, whatever has to be merged, and stays within its limit', () => {
    const recordings = fc.array(fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 9 }), fc.nat(3)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(recordings, fc.integer({ min: 500, max: 20_000 }), (given, maxBytes) => {
        const pending = new PendingDeltas(ROLLUPS, maxBytes, 64);
        const expected = new Map<number, number>();
        const found = new Map<number, number>();
        const count = (map: Map<number, number>, seconds: number, value: number) => {
          const day = bucketStart(seconds, 86_400);
          map.set(day, (map.get(day) ?? 0) + value);
        };
        let points = 0;
        for (const [at, value, queue] of given) {
          const series = remoteSeries({ type: 'counter', name: 'jobs', unit: '' }, `{"queue":"${queue}"}`);
          count(expected, at, value);
          const dropped = pending.add(series, at, at, value);
          expect(pending.bytes).toBeLessThanOrEqual(maxBytes);
          for (const delta of dropped) {
            count(found, delta.bucket, delta.value as number);
            points += delta.points;
          }
        }
        for (const delta of pending.take(1e6)) {
          count(found, delta.bucket, delta.value as number);
          points += delta.points;
        }
        expect(found).toEqual(expected);
        expect(points).toBe(given.length);
        expect(pending.bytes).toBe(0);
      }),
    );
  });
});
