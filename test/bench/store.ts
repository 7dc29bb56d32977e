// How fast the internal time-series store is:                                                    pnpm bench:store
import { TimeseriesStore, type SeriesType } from '@tallykit/tsdb';
import { decimal, Screen } from '../demo/screen.ts';
import { normal, seededRandom } from '../random.ts';
import { summarise } from './statistics.ts';

const NAMES = Array.from({ length: 10 }, (_, index) => `series${index}`);
const BUCKETS = 360;
const VALUES_PER_BUCKET = { counter: 1, gauge: 1, distribution: 25 } as const;
const ROUNDS = 300;
const RECORDS = 20_000;
/** What is promised, in milliseconds. */
const LIMIT_MILLIS = 2;

const screen = new Screen(process.stdout);
const random = seededRandom(7);
const VALUES = Array.from({ length: 1000 }, () => Math.exp(3 + normal(random)));
let now = Date.parse('2026-11-22T12:00:00Z');

/** A store with an hour of ten series. */
function createStore(type: SeriesType): TimeseriesStore {
  const store = new TimeseriesStore({ now: () => now });
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    now += 10_000;
    record(store, type, NAMES.length * VALUES_PER_BUCKET[type]);
  }
  return store;
}

function record(store: TimeseriesStore, type: SeriesType, count: number): void {
  for (let each = 0; each < count; each += 1) {
    store.record({ type, name: NAMES[each % NAMES.length]!, value: VALUES[each % VALUES.length]! });
  }
}

/** Microseconds for one value. */
function measureRecord(store: TimeseriesStore, type: SeriesType): number {
  const begin = performance.now();
  record(store, type, RECORDS);
  return ((performance.now() - begin) * 1000) / RECORDS;
}

async function measure(store: TimeseriesStore): Promise<number> {
  const begin = performance.now();
  await store.getRange({ names: NAMES, start: now / 1000 - 3599, end: now / 1000 });
  return performance.now() - begin;
}

screen.print('', screen.paint('bold', 'getRange of 10 series over an hour, 360 points each'));
let isMet = true;
for (const type of ['counter', 'gauge', 'distribution'] as const) {
  const store = createStore(type);
  const first = await measure(store);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await measure(store));
  const middle = summarise(times).median;
  isMet &&= middle < LIMIT_MILLIS;
  screen.print(
    `  ${type.padEnd(14)} median ${decimal(middle, 2)} ms   first ${decimal(first, 2)} ms   record ${decimal(measureRecord(store, type), 2)} µs`,
  );
}
screen.print('', `  ${isMet ? 'met' : 'NOT MET'}: every median under ${LIMIT_MILLIS} ms`, '');
process.exitCode = isMet ? 0 : 1;
