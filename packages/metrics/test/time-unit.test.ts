import { beforeEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../src/index.ts';
import { fromMillis, timeUnitOf } from '../src/time-unit.ts';
import { forgetWhatWasLogged, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);

describe('units of time', () => {
  // UCUM: a day is 24 hours, a Julian year 365.25 days.
  it.each([
    ['ns', 14_200_000],
    ['us', 14_200],
    ['ms', 14.2],
    ['cs', 1.42],
    ['s', 0.0142],
    ['ks', 0.0000142],
    ['ps', 14_200_000_000],
    ['min', 14.2 / 60_000],
    ['h', 14.2 / 3_600_000],
    ['d', 14.2 / 86_400_000],
    ['wk', 14.2 / 604_800_000],
    ['mo', 14.2 / 2_629_800_000],
    ['a', 14.2 / 31_557_600_000],
  ])('convert a timing to %s', async (unit, expected) => {
    const { reader, meterProvider } = setUp();
    createMetrics({ meterProvider }).timing('query', 14.2, { unit });
    expect(values(await reader.points())['query{}']).toBeCloseTo(
      expected,
      12 - Math.ceil(Math.log10(expected + 1)),
    );
  });

  it('that are none are refused and said once', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (const unit of ['constructor', '__proto__', 'By', 'second', 'S'])
      metrics.timing('query', 1, { unit });
    metrics.timing('known', 1);
    metrics.timing('known', 1, { unit: 'By' });
    metrics.distribution('size', 1, { unit: 'By' });
    metrics.timing('size', 1);
    metrics.timing('size', 1);
    expect(values(await reader.points())).toEqual({ 'known{}': 1, 'size{}': 1 });
    expect(metrics.stats()).toMatchObject({ recorded: 10, handed: 2, refused: { 'bad-unit': 8 } });
    expect(logged).toHaveLength(3);
    expect(logged[0]).toContain("timing('query') takes one of UCUM's units of time");
  });

  it('round once', () => {
    for (const [unit, millis] of [
      ['s', 1_000],
      ['us', 0.001],
    ] as const) {
      expect(fromMillis(7_500, timeUnitOf(unit)!)).toBe(7_500 / millis);
    }
  });
});
