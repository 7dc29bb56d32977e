import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Remainders, type Rounding } from '../src/index.ts';

const increase = (value: number, tags = '', name = 'n') => ({ name, tags, value });

/** The whole numbers that some increases of one series become, and what is left in the end. */
function roundAll(values: readonly number[], remainders = new Remainders()) {
  let left = 0;
  const sent = values.map((value) => {
    const rounding = remainders.round(increase(value));
    expect(rounding?.before ?? left).toBe(left);
    left = rounding?.after ?? left;
    return rounding?.whole ?? value;
  });
  return { sent, left };
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('Remainders', () => {
  it('carry what is less than one to the next increase', () => {
    expect(roundAll([0.25, 0.5, 0.5, 2.5, 3])).toEqual({ sent: [0, 0, 1, 2, 3], left: 0.75 });
    expect(total(roundAll(Array<number>(20).fill(0.37)).sent)).toBe(7);
    expect(total(roundAll(Array<number>(20).fill(19.99)).sent)).toBe(399);
  });

  it('leave whole increases alone, also beside a remainder', () => {
    const remainders = new Remainders();
    remainders.round(increase(0.5));
    expect(remainders.round(increase(3))).toBeUndefined();
    expect(remainders.round(increase(1e300))).toBeUndefined();
  });

  it.each([
    [0.1, 10],
    [0.7, 10],
    [1.1, 10],
    [1 / 3, 3],
    [0.01, 100],
    [0.001, 1000],
  ])('count %d, %d times, as a whole number in spite of rounding errors', (value, times) => {
    const { sent, left } = roundAll(Array<number>(times).fill(value));
    expect(total(sent)).toBe(Math.round(value * times));
    expect(Math.abs(left)).toBeLessThan(1e-9);
  });

  it('take decreases in the same way, toward zero', () => {
    const { sent, left } = roundAll([-0.5, -0.75, -2.5, 0.75, 1.25]);
    expect([...sent.map((value) => value + 0), left]).toEqual([0, -1, -2, 0, 1, 0.25]);
  });

  it('keep the fraction of a large increase', () => {
    expect(roundAll([2 ** 51 + 0.5, 2 ** 51 + 0.5])).toEqual({ sent: [2 ** 51, 2 ** 51 + 1], left: 0 });
  });

  it('are apart by name and tags', () => {
    const remainders = new Remainders();
    for (const [tags, name] of [['a'], ['b'], ['a', 'm']] as const)
      expect(remainders.round(increase(0.75, tags, name))?.before).toBe(0);
    expect(remainders.round(increase(0.75, 'b'))).toEqual({
      whole: 1,
      before: 0.75,
      after: 0.5,
      forgotten: undefined,
    });
  });

  it('differ in total by less than one from what was recorded, whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 200 }), (values) => {
        const { sent, left } = roundAll(values);
        expect(sent.every(Number.isInteger)).toBe(true);
        expect(Math.abs(left)).toBeLessThan(1);
        expect(Math.abs(total(sent) + left - total(values))).toBeLessThan(1e-6);
      }),
    );
  });
});

describe('the limits of Remainders', () => {
  const forgotten = (roundings: readonly (Rounding | undefined)[]) =>
    roundings.flatMap((rounding) => rounding?.forgotten ?? []);

  it('keep as many series as were used last, and give the others up with what they hold', () => {
    const remainders = new Remainders({ maxSeries: 3, maxUnits: 1000 });
    const use = (tags: string) => remainders.round(increase(0.25, tags));
    expect(forgotten(['a', 'b', 'c', 'd', 'e'].map(use))).toEqual([]);
    // `a` is used again, so it outlives `b` and `c`.
    expect(use('a')).toEqual({
      whole: 0,
      before: 0.25,
      after: 0.5,
      forgotten: { points: 2, amount: 0.5, reason: expect.stringContaining('fewer series') },
    });
    expect(use('b')?.before).toBe(0);
    expect(use('d')?.before).toBe(0.25);
    expect(use('a')?.before).toBe(0.5);
  });

  it('are limits of text, too', () => {
    const remainders = new Remainders({ maxSeries: 1000, maxUnits: 100 });
    const use = (index: number) => remainders.round(increase(0.5, String(index).padStart(49, '0')));
    const given = forgotten(Array.from({ length: 10 }, (_, index) => use(index)));
    expect(given).toEqual(Array<object>(4).fill(expect.objectContaining({ points: 2, amount: 1 })));
  });

  it('count no series that has nothing left', () => {
    const remainders = new Remainders({ maxSeries: 2, maxUnits: 1000 });
    const roundings = Array.from({ length: 100 }, (_, index) => [
      remainders.round(increase(0.5, String(index))),
      remainders.round(increase(0.5, String(index))),
    ]);
    expect(forgotten(roundings.flat())).toEqual([]);
  });
});
