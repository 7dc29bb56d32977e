import { describe, expect, it } from 'vitest';
import { bucketIndexOf, MAX_SCALE } from '../../src/producer/bucket-index.ts';
import { bordersOf, exactIndexOf, neighboursOf } from './exact-index.ts';
import { runs } from '../../../../test/runs.ts';

const SCALES = [8, 7, 5, 1, 0, -4];
const LEAST = -1_074;
const MOST = 1_023;

/** The values whose index is wrong at one of the scales. */
function wrongOf(values: Iterable<number>, scales: readonly number[]): number[] {
  const wrong: number[] = [];
  for (const value of values) {
    if (!(value > 0 && Number.isFinite(value))) continue;
    const index = bucketIndexOf(value);
    for (const scale of scales) {
      if (index >> (MAX_SCALE - scale) !== exactIndexOf(value, scale)) wrong.push(value);
    }
  }
  return wrong;
}

/** Doubles of all exponents, the same in each run. */
function* randomDoubles(count: number): Generator<number> {
  const view = new DataView(new ArrayBuffer(8));
  let state = 2_463_534_242;
  const nextBits = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let made = 0; made < count; made += 1) {
    view.setUint32(0, nextBits() % 0x7ff0_0000);
    view.setUint32(4, nextBits());
    yield view.getFloat64(0);
  }
}

describe('the exact index of the tests', () => {
  it('is that of values whose index follows from the definition', () => {
    // 2 ** (1 / 2) is no double, and 2 ** (i / 2) is one for even i only.
    expect([1, 1.4, 1.5, 2, 2.1, 4].map((value) => exactIndexOf(value, 1))).toEqual([-1, 0, 1, 1, 2, 3]);
    expect([0.25, 1, 1.5, 2, 2 ** 10, 2 ** 10 + 1].map((value) => exactIndexOf(value, 0))).toEqual([
      -3, -1, 0, 0, 9, 10,
    ]);
    expect([1, 1.5, 4, 5, 16, 17].map((value) => exactIndexOf(value, -1))).toEqual([-1, 0, 0, 1, 1, 2]);
    expect([2 ** LEAST, 2 ** -1_022, 2 ** MOST].map((value) => exactIndexOf(value, 8))).toEqual([
      LEAST * 256 - 1,
      -1_022 * 256 - 1,
      MOST * 256 - 1,
    ]);
  });
});

describe('bucketIndexOf', () => {
  it('is exact for random values at six scales', () => {
    expect(wrongOf(randomDoubles(runs(1_000_000)), SCALES)).toEqual([]);
  });

  it('is exact at all powers of two and their neighbours, subnormal ones included', () => {
    const powers = Array.from({ length: MOST - LEAST + 1 }, (_, index) => 2 ** (LEAST + index));
    const values = powers.flatMap((power) => [power, ...neighboursOf(power)]);
    const scales = Array.from({ length: 19 }, (_, index) => MAX_SCALE - index);
    expect(wrongOf([...values, Number.MAX_VALUE], scales)).toEqual([]);
  });

  it('is exact at all borders of buckets and their neighbours, in octaves of all sizes', () => {
    for (const exponent of [LEAST + 60, -1_022, -1_021, -300, -2, -1, 0, 1, 2, 10, 52, 53, 300, MOST]) {
      const values = bordersOf(exponent).flatMap((border) => [border, ...neighboursOf(border)]);
      expect(wrongOf(values, SCALES)).toEqual([]);
    }
  });

  it('is exact for all of the smallest doubles', () => {
    const values = Array.from({ length: 70_000 }, (_, index) => (index + 1) * Number.MIN_VALUE);
    expect(wrongOf(values, SCALES)).toEqual([]);
  });
});
