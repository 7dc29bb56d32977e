import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeriesSeconds } from '../src/index.ts';

/** Asks for the seconds of series that are told apart by their tags. */
function startClock() {
  const seconds = new SeriesSeconds();
  return (tags: string, endMillis: number, name = 'orders') => seconds.next({ name, tags, endMillis });
}

describe('SeriesSeconds', () => {
  it('gives the second in which a point ended', () => {
    const next = startClock();
    expect(next('a', 10_999.9)).toBe(10);
    expect(next('b', 10_000)).toBe(10);
    expect(next('a', 10_000, 'other')).toBe(10);
    expect(next('a', 20_000)).toBe(20);
  });

  it('moves a point whose second is taken to the next free one', () => {
    const next = startClock();
    expect([10_100, 10_200, 10_300, 11_500, 15_000].map((end) => next('a', end))).toEqual([
      10, 11, 12, 13, 15,
    ]);
    expect(next('b', 10_900)).toBe(10);
  });

  it('remembers for an hour, also what other series are given meanwhile, and of any number the last ones', () => {
    const next = startClock();
    const start = 1_700_000_000_000;
    expect(next('a', start)).toBe(1_700_000_000);
    for (let minute = 1; minute <= 60; minute += 1) next('b', start + minute * 60_000);
    expect(next('a', start)).toBe(1_700_000_001);
    for (let other = 0; other < 200_000; other += 1) next(`other${other}`, start);
    expect(next('a', start)).toBe(1_700_000_002);
    for (let other = 0; other < 400_000; other += 1) next(`further${other}`, start);
    expect(next('a', start)).toBe(1_700_000_000);
  });

  it('never gives a series the same second twice, nor an earlier one', () => {
    const ends = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 5000 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(ends, (points) => {
        const nextOf = startClock();
        const last = new Map<string, number>();
        let now = 0;
        for (const [series, millis] of points) {
          now += millis;
          const second = nextOf(series, now);
          expect(second).toBeGreaterThan(last.get(series) ?? -1);
          expect(second).toBeGreaterThanOrEqual(Math.floor(now / 1000));
          last.set(series, second);
        }
      }),
    );
  });
});
