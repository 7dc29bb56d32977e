import { TimeseriesStore, type SeriesType } from '@tallykit/tsdb';
import { normal, seededRandom } from '../random.ts';
import { answerRequests } from './program.ts';

export interface StoreRequest {
  readonly rounds: number;
}

export interface StoreReply {
  /** Milliseconds of a `getRange` of ten series over an hour, in each round. */
  readonly ranges: readonly number[];
  /** Microseconds for one value. */
  readonly record: number;
  /** How much memory a series takes, in bytes. */
  readonly bytes: number;
}

/** Argument: the type of the series. */
const [type] = process.argv.slice(2) as [SeriesType];

const NAMES = Array.from({ length: 10 }, (_, index) => `series${index}`);
const BUCKET_SECONDS = 10;
const BUCKETS = 360;
const VALUES_PER_BUCKET: Readonly<Record<SeriesType, number>> = { counter: 1, gauge: 1, distribution: 25 };
const RECORDS = 20_000;

const random = seededRandom(7);
const values = Array.from({ length: 1_000 }, () => Math.exp(3 + normal(random)));
let now = Date.parse('2026-11-22T12:00:00Z');
const store = new TimeseriesStore({ now: () => now });

for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
  now += BUCKET_SECONDS * 1_000;
  record(NAMES.length * VALUES_PER_BUCKET[type]);
}

answerRequests(async ({ rounds }: StoreRequest): Promise<StoreReply> => {
  const ranges: number[] = [];
  for (let round = 0; round < rounds; round += 1) ranges.push(await measure(getRange));
  const recorded = await measure(() => record(RECORDS));
  const { bytes, series } = store.stats();
  return { ranges, record: (recorded * 1_000) / RECORDS, bytes: bytes / series };
});

function record(count: number): void {
  for (let each = 0; each < count; each += 1) {
    store.record({ type, name: NAMES[each % NAMES.length]!, value: values[each % values.length]! });
  }
}

async function getRange(): Promise<void> {
  const end = now / 1_000;
  await store.getRange({ names: NAMES, start: end - (BUCKETS * BUCKET_SECONDS - 1), end });
}

/** Milliseconds. */
async function measure(work: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
