import type { HrTime } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import type { HistogramValue, Metric } from '../src/index.ts';
import type { Value } from '../src/series/points.ts';
import { PendingSeries, type SeriesEntry } from '../src/series/pending-series.ts';
import { explicitHistogram } from './record.ts';

const entry: SeriesEntry = { tags: 'k=v', waiting: undefined, lastExport: 0 };
const START: HrTime = [10, 0];
const END: HrTime = [20, 500_000_000];

function cargo(type: Metric['type'], value: Value, start = START, end = END): PendingSeries {
  return new PendingSeries({ type, name: 'n', baseName: 'n', unit: 'ms' }, entry, value, start, end);
}

const histogram = (counts: number[], extra: Partial<HistogramValue> = {}) =>
  explicitHistogram({ counts, count: counts.reduce((a, b) => a + b, 0), ...extra } as never);

describe('a series', () => {
  it('says what it is called, when it was and how much is in it', () => {
    const { type, name, tags, unit, startMillis, endMillis, points, amount } = cargo('sum', 3).series;
    expect({ type, name, tags, unit, startMillis, endMillis, points, amount }).toEqual({
      type: 'sum',
      name: 'n',
      tags: 'k=v',
      unit: 'ms',
      startMillis: 10_000,
      endMillis: 20_500,
      points: 1,
      amount: 3,
    });
    expect([cargo('gauge', 3).amount, cargo('histogram', histogram([1, 0, 0])).amount]).toEqual([0, 0]);
  });

  it('adds sums over the whole span', () => {
    const sum = cargo('sum', 2);
    sum.add(3, [9, 999_999_999], [20, 499_999_999]);
    sum.add(-1, [11, 0], [20, 500_000_001]);
    expect(sum).toMatchObject({ value: 4, amount: 4, points: 3, startMillis: 9999.999999 });
    expect(sum.endMillis).toBeCloseTo(20_500.000001, 9);
  });

  it('keeps the gauge that ended last, whatever the order, and the second of two that ended together', () => {
    const gauge = cargo('gauge', 1);
    gauge.add(2, START, [20, 0]);
    expect(gauge).toMatchObject({ value: 1, endMillis: 20_500 });
    gauge.add(3, START, END);
    expect(gauge.value).toBe(3);
    gauge.add(4, START, [21, 0]);
    expect(gauge).toMatchObject({ value: 4, endMillis: 21_000, points: 4 });
  });

  it('adds histograms bucket by bucket, and changes neither', () => {
    const [first, second] = [histogram([1, 2, 0]), histogram([0, 3, 4])];
    const before = structuredClone([first, second]);
    const merged = cargo('histogram', first);
    merged.add(second, START, END);
    expect(merged.value).toMatchObject({ type: 'explicit', counts: [1, 5, 4], count: 10 });
    expect([first, second]).toEqual(before);
  });

  it('takes nothing of a point whose time is missing', () => {
    const sum = cargo('sum', 2);
    for (const [start, end] of [
      [undefined, END],
      [START, undefined],
    ] as unknown as [HrTime, HrTime][]) {
      expect(() => sum.add(3, start, end)).toThrow(TypeError);
      expect(sum).toMatchObject({ value: 2, points: 1 });
    }
  });
});
