import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSeries, seriesKey, type Series } from '../src/index.ts';

const span = { startMillis: 0, endMillis: 10 };
const sum = (value: number, extra = {}): Series => ({
  type: 'sum',
  name: 'n',
  tags: 't',
  unit: '',
  value,
  ...span,
  ...extra,
});
const gauge = (value: number, endMillis: number): Series => ({
  type: 'gauge',
  name: 'n',
  tags: 't',
  unit: '',
  value,
  startMillis: 0,
  endMillis,
});
const histogram = (counts: number[], unit = 'ms'): Series => ({
  type: 'histogram',
  name: 'n',
  tags: 't',
  unit,
  ...span,
  value: {
    type: 'explicit',
    boundaries: [10, 20],
    counts,
    count: counts.reduce((a, b) => a + b, 0),
    sum: undefined,
    min: undefined,
    max: undefined,
  },
});

describe('seriesKey', () => {
  it('tells types, names, tags and the units of histograms apart', () => {
    const all = [
      sum(1),
      sum(1, { name: 'm' }),
      sum(1, { tags: '' }),
      gauge(1, 1),
      histogram([1, 0, 0]),
      histogram([1, 0, 0], 's'),
    ];
    expect(new Set(all.map(seriesKey)).size).toBe(all.length);
    expect(seriesKey(sum(1))).toBe(seriesKey(sum(2, { unit: 'By' })));
  });
});

describe('mergeSeries', () => {
  it('adds sums over the whole span', () => {
    expect(mergeSeries(sum(2, { startMillis: -5 }), sum(3, { endMillis: 20 }))).toEqual(
      sum(5, { startMillis: -5, endMillis: 20 }),
    );
  });

  it('keeps the gauge that ended last, whatever the order, and the second of two that ended together', () => {
    expect(mergeSeries(gauge(1, 10), gauge(2, 9))).toMatchObject({ value: 1, endMillis: 10 });
    expect(mergeSeries(gauge(1, 9), gauge(2, 10))).toMatchObject({ value: 2, endMillis: 10 });
    expect(mergeSeries(gauge(1, 10), gauge(2, 10))).toMatchObject({ value: 2 });
  });

  it('adds histograms bucket by bucket', () => {
    expect(mergeSeries(histogram([1, 2, 0]), histogram([0, 3, 4])).value).toMatchObject({
      counts: [1, 5, 4],
      count: 10,
    });
  });

  it('changes neither argument', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }), (counts) => {
        const [first, second] = [histogram(counts), histogram([1, 1, 1])];
        const before = structuredClone([first, second]);
        mergeSeries(first, second);
        expect([first, second]).toEqual(before);
      }),
    );
  });
});
