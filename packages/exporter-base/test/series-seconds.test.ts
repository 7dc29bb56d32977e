import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeriesSeconds } from '../src/datadog/series-seconds.ts';
import type { Urgency } from '../src/delivery/delivery-options.ts';
import { listenToDiag } from './diag-messages.ts';
import { runs } from '../../../test/runs.ts';

let said: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  said = listenToDiag();
});
afterEach(() => said.stop());

/** Asks for the seconds of series that are told apart by their tags, at the moment at which their points ended. */
function startClock() {
  const seconds = new SeriesSeconds('Test', () => true);
  return (
    tags: string,
    endMillis: number,
    {
      name = 'orders',
      now = endMillis,
      urgency = 'export',
    }: { name?: string; now?: number; urgency?: Urgency } = {},
  ) => seconds.next({ name, tags }, endMillis, now, urgency);
}

describe('SeriesSeconds', () => {
  it('gives the second in which a point ended', () => {
    const next = startClock();
    expect(next('a', 10_999.9)).toBe(10);
    expect(next('b', 10_000)).toBe(10);
    expect(next('a', 10_000, { name: 'other' })).toBe(10);
    expect(next('a', 20_000)).toBe(20);
    expect(next('a', 25_000, { now: 40_000 })).toBe(25);
  });

  it('moves a point whose second is taken to the next free one', () => {
    const next = startClock();
    expect([10_100, 10_200, 11_300, 12_500, 15_000].map((end) => next('a', end))).toEqual([
      10, 11, 12, 13, 15,
    ]);
    expect(next('b', 10_900)).toBe(10);
  });

  it('lets a point wait when its second would be more than ten ahead of the clock', () => {
    const next = startClock();
    for (let second = 10; second <= 20; second += 1) expect(next('a', 10_000)).toBe(second);
    expect(next('a', 10_900)).toEqual({ untilSecond: 21 });
    expect(next('a', 10_900)).toEqual({ untilSecond: 21 });
    expect(next('a', 10_900, { now: 11_000 })).toBe(21);
  });

  it('moves a point further ahead when somebody waits for it', () => {
    const next = startClock();
    const secondsOf = (count: number, urgency: Urgency) =>
      Array.from({ length: count }, () => next('a', 0, { urgency }));
    expect(secondsOf(31, 'flush')).toEqual(Array.from({ length: 31 }, (_, second) => second));
    expect(next('a', 0, { urgency: 'flush' })).toEqual({ untilSecond: 31 });
    expect(secondsOf(29, 'shutdown')).toEqual(Array.from({ length: 29 }, (_, second) => second + 31));
    expect(next('a', 0, { urgency: 'shutdown' })).toEqual({ untilSecond: 60 });
    expect(said.warn).toEqual([]);
  });

  it('lets a point wait until a clock that was set back by less than a minute has passed its last second', () => {
    const next = startClock();
    expect(next('a', 100_000)).toBe(100);
    expect(next('a', 50_000)).toEqual({ untilSecond: 101 });
    expect(next('b', 50_000)).toBe(50);
    expect(next('a', 90_900)).toEqual({ untilSecond: 101 });
    expect(next('a', 101_000)).toBe(101);
    expect(said.warn).toEqual([]);
  });

  it('begins anew when the clock was set back further, leaves out what was used before, and says so once', () => {
    const next = startClock();
    expect(next('a', 3_610_000)).toBe(3610);
    expect(next('a', 3_612_000)).toBe(3612);
    expect(next('a', 20_000)).toBe(20);
    expect(next('b', 21_000)).toBe(21);
    // What ended while the clock was ahead, and is sent now.
    expect(next('c', 3_611_000, { now: 22_000 })).toBe(22);
    expect(next('a', 3_610_000)).toBe(3611);
    expect(next('b', 3_612_000)).toBe(3613);
    expect(next('b', 22_000)).toBe(23);
    expect(said.warn).toEqual([
      'Test: points were sent with times that are 3592 s ahead of the clock, so it was set back. From now on they have its ' +
        'time again, but for seconds that were used before. Logged once.',
    ]);
  });

  it('gives a point again what it was not sent with', () => {
    const seconds = new SeriesSeconds('Test', () => true);
    const next = (second: number | undefined, endMillis: number) =>
      seconds.next({ name: 'n', tags: '', second }, endMillis, 50_000, 'export');
    expect(next(undefined, 10_000)).toBe(10);
    expect(next(10, 10_000)).toBe(10);
    expect(next(10, 11_000)).toBe(11);
    expect(next(10, 11_000)).toBe(12);
  });

  it('goes on where another series of the same name was', () => {
    const seconds = new SeriesSeconds('Test', () => true);
    expect(seconds.next({ name: 'db', tags: 'a' }, 10_000, 10_000, 'export')).toBe(10);
    const owner = { name: 'db.count', formerOwner: 'db' };
    expect(seconds.next({ ...owner, tags: 'a' }, 10_000, 10_000, 'export')).toBe(11);
    expect(seconds.next({ ...owner, tags: 'b' }, 10_000, 10_000, 'export')).toBe(10);
  });

  it('remembers for an hour, also what other series are given meanwhile, and of any number the last ones', () => {
    const next = startClock();
    const start = 1_700_000_000_000;
    const now = start + 3_600_000;
    expect(next('a', start)).toBe(1_700_000_000);
    for (let minute = 1; minute <= 60; minute += 1) next('b', start + minute * 60_000);
    expect(next('a', start, { now })).toBe(1_700_000_001);
    for (let other = 0; other < 200_000; other += 1) next(`other${other}`, start, { now });
    expect(next('a', start, { now })).toBe(1_700_000_002);
    for (let other = 0; other < 400_000; other += 1) next(`further${other}`, start, { now });
    expect(next('a', start, { now })).toBe(1_700_000_000);
  });

  it('never gives a series the same second twice, nor one a minute ahead, however the clock is set', () => {
    const step = fc.record({
      tags: fc.constantFrom('a', 'b', 'c'),
      millis: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 0, max: 2000 }) },
        { weight: 1, arbitrary: fc.integer({ min: -90_000, max: 90_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: -8_000_000, max: 8_000_000 }) },
      ),
      // Where it comes back to, it was before.
      ahead: fc.constantFrom(0, 0, 0, 0, 30_000, 90_000, 3_600_000),
      age: fc.constantFrom(0, 0, 0, 900, 20_000),
      urgency: fc.constantFrom<Urgency>('export', 'flush', 'shutdown'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const next = startClock();
        const given = new Set<string>();
        let time = 1_700_000_000_000;
        for (const { tags, millis, ahead, age, urgency } of steps) {
          time += millis;
          const now = time + ahead;
          const second = next(tags, now - age, { now, urgency });
          if (typeof second === 'object') continue;
          expect(given).not.toContain(`${tags} ${second}`);
          given.add(`${tags} ${second}`);
          expect(second * 1000 - now).toBeLessThan(60_000);
          expect(second).toBeGreaterThanOrEqual(Math.floor((now - age) / 1000));
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
