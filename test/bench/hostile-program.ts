import { get } from 'node:http';
import { TimeseriesStore, type SeriesType } from '@tallykit/tsdb';
import { EventLoopWatch } from './event-loop-watch.ts';
import { answerRequests } from './program.ts';

export interface HostileRequest {
  readonly requests: number;
}

export interface HostileReply {
  /** The longest block of the event loop, in milliseconds, without the garbage collector's pauses and with them. */
  readonly own: number;
  readonly whole: number;
  /** By how much the memory of the process grew at most, in bytes. */
  readonly memory: number;
  /** How long all requests took together, in milliseconds. */
  readonly millis: number;
  /** The status of each answer. */
  readonly statuses: readonly number[];
}

/** Arguments: the type of the series, and how many there are. */
const [type, count] = process.argv.slice(2) as [SeriesType, string];
const PAUSE_MILLIS = 5;

// The history of an hour in all of them, so that every bucket that is read has values.
const HOUR = [10, 360] as const;
let now = Date.parse('2026-11-22T12:00:00Z');
const store = new TimeseriesStore({ now: () => now, rollups: [HOUR], maxBytes: 2 ** 32 });
for (let bucket = 0; bucket < HOUR[1]; bucket += 1) {
  now += HOUR[0] * 1_000;
  for (let user = 0; user < Number(count); user += 1) {
    if (type === 'counter' || (bucket + user) % 4 === 0) {
      store.record({ type, name: 'requests', value: 1 + user, tags: { user } });
    }
  }
}
const server = await store.listen();

answerRequests(async ({ requests }: HostileRequest): Promise<HostileReply> => {
  const before = process.memoryUsage.rss();
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, PAUSE_MILLIS);
  const watch = new EventLoopWatch();
  const start = performance.now();
  const statuses = await Promise.all(Array.from({ length: requests }, ask));
  const end = performance.now();
  const longest = await watch.end();
  clearInterval(watching);
  const { own, whole } = longest({ start, end });
  return { own, whole, memory: most - before, millis: end - start, statuses };
});

/** The request that ended the process of 0.1. */
function ask(): Promise<number> {
  const seconds = now / 1_000;
  const path = `api/range?name=requests&by=user&resolution=10s&since=${seconds - 3_599}&until=${seconds}`;
  return new Promise((resolve, reject) => {
    get(`${server.url}${path}`, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}
