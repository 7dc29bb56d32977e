import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNumber, formatRate } from '../src/index.ts';
import { runs, step } from '../../../test/runs.ts';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [3, '3'],
    [-2.5, '-2.5'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-6, '0.000001'],
    [1e-7, '0.0000001'],
    [-1.5e-9, '-0.0000000015'],
    [1e21, '1000000000000000000000'],
    [-1.25e22, '-12500000000000000000000'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [Number.MAX_VALUE, `17976931348623157${'0'.repeat(292)}`],
  ])('writes %d as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('writes every finite double as plain decimal text that is the same double again', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = formatNumber(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value + 0);
      }),
      { numRuns: runs(5000) },
    );
  });
});

describe('formatRate', () => {
  it('writes simple rates simply', () => {
    expect([1, 2, 4, 10, 1000].map(formatRate)).toEqual(['1', '0.5', '0.25', '0.1', '0.001']);
  });

  it('gives every weight up to a million back to a server that truncates, without an exponent', () => {
    const wrong: number[] = [];
    for (let weight = 1; weight <= 1_000_000; weight += step(13)) {
      const text = formatRate(weight);
      if (Math.trunc(1 / Number(text)) !== weight || !/^[\d.]+$/.test(text)) wrong.push(weight);
    }
    expect(wrong).toEqual([]);
  });

  it('gives large weights back too', () => {
    for (const weight of [123_456_789, 2 ** 31 - 1, 2 ** 32 - 1, 1e12]) {
      expect(Math.trunc(1 / Number(formatRate(weight)))).toBe(weight);
    }
  });
});
