import { expect, it } from 'vitest';
import { TimeseriesStore, type SeriesType } from '../src/index.ts';
import { FakeNow } from './fake-now.ts';
import { memoryUsed } from './memory-used.ts';

const SERIES = 10_000;
const DISTRIBUTIONS = 50;
const GAUGES = 950;
const STEP = 10;
const HOUR = 3600;
const DAY = 86_400;
/** Of the series, a different one in so many has a value at each step. */
const EVERY = 20;

it('keeps a day of 10,000 series: every sum is right, and the memory stays flat', async () => {
  const now = new FakeNow('2026-11-21T00:00:00Z');
  const start = now.seconds;
  const store = new TimeseriesStore({ now: now.read });
  const names = Array.from({ length: SERIES }, (_, index) => `series${index}`);
  const typeOf = (index: number): SeriesType => {
    if (index < DISTRIBUTIONS) return 'distribution';
    return index < DISTRIBUTIONS + GAUGES ? 'gauge' : 'counter';
  };
  const hours = new Float64Array(SERIES * 24);
  const lastHour = new Float64Array(SERIES * (HOUR / STEP));
  const gauges = new Float64Array(SERIES);

  let step = 0;
  const runUntil = (seconds: number): void => {
    for (; now.seconds < start + seconds; now.seconds += STEP) {
      const offset = now.seconds - start;
      step += 1;
      for (let index = step % EVERY; index < SERIES; index += EVERY) {
        const value = 1 + ((index * 7 + step * 13) % 100);
        const type = typeOf(index);
        store.record({ type, name: names[index]!, value });
        gauges[index] = value;
        const amount = type === 'counter' ? value : 1;
        hours[index * 24 + Math.floor(offset / HOUR)]! += amount;
        if (offset >= DAY - HOUR) lastHour[index * (HOUR / STEP) + (offset - DAY + HOUR) / STEP]! += amount;
      }
    }
  };

  runUntil(HOUR);
  const before = memoryUsed();
  const { bytes, series } = store.stats();
  expect(series).toBe(SERIES);
  runUntil(DAY);
  expect(memoryUsed() - before).toBeLessThan(3_000_000);
  expect(store.stats()).toMatchObject({
    bytes,
    series,
    evicted: 0,
    droppedBy: {},
    exported: { points: (DAY / STEP) * (SERIES / EVERY) },
  });

  now.seconds -= 1;
  const end = now.seconds;
  const differences: string[] = [];
  for (let from = 0; from < SERIES; from += 500) {
    for (const [rollupSeconds, length] of [
      [10, HOUR],
      [HOUR, DAY],
      [DAY, DAY],
    ] as const) {
      const range = { names: names.slice(from, from + 500), start: end - length + 1, end, rollupSeconds };
      for (const [offset, found] of (await store.getRange(range)).series.entries()) {
        const index = from + offset;
        const day = hours.subarray(index * 24, (index + 1) * 24);
        const expected = {
          [10]: () => [...lastHour.subarray(index * (HOUR / STEP), (index + 1) * (HOUR / STEP))],
          [HOUR]: () => [...day],
          [DAY]: () => [day.reduce((total, each) => total + each)],
        }[rollupSeconds]();
        const isRight =
          found.type === 'gauge'
            ? found.points.findLast(([, value]) => value !== null)![1] === gauges[index]
            : found.points.every(
                ([, value], at) =>
                  (found.type === 'counter' ? value : (value as { count: number }).count) === expected[at],
              ) && found.points.length === expected.length;
        if (!isRight) differences.push(`${found.name} at ${rollupSeconds}`);
      }
    }
  }
  expect(differences).toEqual([]);
});
