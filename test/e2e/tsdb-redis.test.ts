import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { startMetrics } from '@tallykit/node';
import { TimeseriesMetricExporter, TimeseriesStore, type RedisOptions } from '@tallykit/tsdb';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  type TestContext,
} from 'vitest';
import { startProgram } from '../programs/run-program.ts';
import { startCuttingProxy } from '../servers/cutting-proxy.ts';
import { startRedis, redisObstacle, type RedisServer } from '../servers/redis.ts';
import { skipBecause } from './skip-because.ts';
import { until } from '../until.ts';

const reason = redisObstacle();
let redis: RedisServer;
let prefix = 0;
const warnings: string[] = [];

beforeAll(async () => {
  if (reason === undefined) redis = await startRedis();
});
afterAll(async () => {
  if (reason === undefined) await redis[Symbol.asyncDispose]();
});
beforeEach((context: TestContext) => {
  if (reason !== undefined) skipBecause(context, reason);
  warnings.length = 0;
  const quiet = () => undefined;
  const logger = {
    warn: (text: string) => warnings.push(text),
    error: quiet,
    info: quiet,
    debug: quiet,
    verbose: quiet,
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
});
afterEach(async () => {
  diag.disable();
  // The next test needs it, whatever this one did.
  if (reason === undefined && !redis.isRunning) await redis.start();
});

/** A store of this process. Stores of one test see each other's values, and no others. */
function createStore(options: RedisOptions = {}): TimeseriesStore & AsyncDisposable {
  const store = new TimeseriesStore({
    redis: { url: redis.url, keyPrefix: `test${prefix}:`, ...options },
  });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.shutdown({ timeoutMillis: 100 }) });
}
beforeEach(() => {
  prefix += 1;
});

/** What the last day of a name sums up to, and where the answer comes from. */
async function read(store: TimeseriesStore, name: string, tags: Record<string, string> = {}) {
  const end = Date.now() / 1000;
  const range = { names: [name], start: end - 86_000, end, tags };
  const { source, series } = await store.getRange({ ...range, rollupSeconds: 3600 });
  // Yesterday too: what was recorded an hour ago may be there.
  const sums = await store.getSums({ ...range, start: end - 86_400, rollupSeconds: 86_400 });
  return { source, series: series[0]!, sum: sums.get(name) };
}

const isWritten = (store: TimeseriesStore) =>
  until(() => expect(store.stats().redis).toMatchObject({ isAway: false, pending: { points: 0 } }));

describe('a fleet', () => {
  test('of two processes sums up exactly, and a third one that only reads sees it', async () => {
    const environment = { REDIS_URL: redis.url };
    await using first = startProgram('tsdb-writer.ts', environment);
    await using second = startProgram('tsdb-writer.ts', environment);
    const writers = [first, second];
    for (const rounds of [1000, 1, 333]) {
      for (const { child } of writers) child.stdin!.write(`${rounds}\n`);
    }
    for (const { child, ended } of writers) {
      child.stdin!.end();
      expect(await ended).toBe(0);
    }
    await using reader = createStore({ keyPrefix: 'tallykit:' });
    expect(await reader.names()).toEqual(['active', 'fraction', 'jobs', 'size']);
    const { source, sum, series } = await read(reader, 'jobs');
    expect({ source, sum, type: series.type }).toEqual({ source: 'redis', sum: 2668, type: 'counter' });
    expect((await read(reader, 'jobs', { queue: 'mail' })).sum).toBe(2 * (500 + 166));
    expect((await read(reader, 'fraction')).sum).toBeCloseTo(266.8, 9);

    const size = (await read(reader, 'size')).series;
    expect(size).toMatchObject({ type: 'distribution', unit: 'By' });
    const values = size.points.map(([, value]) => value as { count: number; sum: number; p95: number });
    expect(values.reduce((total, { count }) => total + count, 0)).toBe(2668);
    const perWriter = [1000, 1, 333].map((rounds) =>
      Array.from({ length: rounds }, (_, round) => 1 + (round % 100)).reduce(
        (total, value) => total + value,
        0,
      ),
    );
    expect(values.reduce((total, each) => total + each.sum, 0)).toBe(
      2 * perWriter.reduce((total, value) => total + value, 0),
    );

    // Current values of two processes don't overwrite each other.
    const processes = await reader.series('active');
    expect(processes.map(({ type, tags }) => [type, Object.keys(tags)])).toEqual([
      ['gauge', ['process']],
      ['gauge', ['process']],
    ]);
    expect((await read(reader, 'active')).series.points.at(-1)![1]).toBe(2668);
  });

  test('is read by a program that ends by itself, and not before it has its answer', async () => {
    await using store = createStore({ keyPrefix: 'tallykit:', timeoutMillis: 60_000 });
    store.record({ name: 'jobs', value: 1 });
    await store.flush();
    await using reader = startProgram('tsdb-reader.ts', { REDIS_URL: redis.url });
    expect(await reader.ended).toBe(0);
    const { names, isServed } = JSON.parse(reader.output()) as { names: string[]; isServed: boolean };
    expect(names).toContain('jobs');
    expect(isServed).toBe(true);
  });

  test('merges distributions in Redis as in memory', async () => {
    await using first = createStore();
    await using second = createStore();
    const alone = new TimeseriesStore();
    for (let index = 0; index < 20; index += 1) {
      for (const store of [first, second]) {
        for (let each = 0; each < 25; each += 1) {
          const value = (each - 3) * 3 ** (index % 7) * (store === first ? 1 : 0.5);
          store.record({ type: 'distribution', name: 'size', value });
          alone.record({ type: 'distribution', name: 'size', value });
        }
      }
      await first.flush();
      await second.flush();
    }
    const inRedis = (await read(first, 'size')).series.points.filter(
      ([, value]) => (value as { count: number }).count,
    );
    const inMemory = (await read(alone, 'size')).series.points.filter(
      ([, value]) => (value as { count: number }).count,
    );
    expect(inRedis).toEqual(inMemory);
  });

  test('keeps the latest gauge, whatever comes last', async () => {
    await using late = createStore();
    await using early = createStore();
    const now = Date.now();
    const timeMillis = now - (now % 3_600_000);
    late.record({ type: 'gauge', name: 'depth', value: 2, timeMillis: timeMillis + 2 });
    await late.flush();
    early.record({ type: 'gauge', name: 'depth', value: 1, timeMillis: timeMillis + 1 });
    await early.flush();
    expect((await read(late, 'depth')).series.points.at(-1)![1]).toBe(2);
  });
});

describe('a fleet whose processes report at different moments', () => {
  const INTERVAL_MILLIS = 10_000;

  test('has the sum of its gauges, and finished buckets, in 200 of 200 polls', async () => {
    let millis = Date.now();
    const start = millis;
    const now = (): number => millis;
    const open = () => new TimeseriesStore({ now, redis: { url: redis.url, keyPrefix: `test${prefix}:` } });
    // The second one drifts across the ends of buckets. What is reported is written a second later.
    const processes = [
      { name: 'first', store: open(), next: start + 3200, interval: INTERVAL_MILLIS },
      {
        name: 'second',
        store: open(),
        next: start - (start % INTERVAL_MILLIS) + 9_960,
        interval: INTERVAL_MILLIS + 7,
      },
    ].map((each) => ({ ...each, writeAt: Infinity }));
    const reader = open();
    onTestFinished(async () => {
      for (const store of [reader, ...processes.map((each) => each.store)])
        await store.shutdown({ timeoutMillis: 100 });
    });
    const wrong: unknown[] = [];
    const complete = new Map<number, number>();
    const poll = async (): Promise<void> => {
      for (const rollupSeconds of [10, 60]) {
        const range = { start: start / 1000 + 20, end: millis / 1000, rollupSeconds };
        const { series, source, completeUntilSeconds } = await reader.getRange({
          names: ['depth', 'jobs'],
          ...range,
        });
        const [depth, jobs] = series;
        if (source !== 'redis') wrong.push({ millis, source });
        if (!depth!.points.every(([, value]) => value === 20)) wrong.push({ millis, points: depth!.points });
        if (rollupSeconds === 60) continue;
        for (const [bucket, value] of jobs!.points) {
          if (bucket + rollupSeconds > completeUntilSeconds) continue;
          const before = complete.get(bucket);
          if (before === undefined) complete.set(bucket, value as number);
          else if (before !== value) wrong.push({ millis, bucket, before, value });
        }
      }
    };
    let polls = 0;
    for (; polls < 200; millis += 250) {
      for (const process of processes) {
        const { name, store, interval } = process;
        if (millis >= process.writeAt) {
          process.writeAt = Infinity;
          await store.flush();
        }
        if (millis < process.next) continue;
        store.record({
          type: 'gauge',
          name: 'depth',
          value: 10,
          tags: { process: name },
          timeMillis: process.next,
        });
        store.record({ name: 'jobs', value: 1, timeMillis: process.next - interval / 2 });
        process.writeAt = process.next + 1000;
        process.next += interval;
      }
      if (millis < start + 30_000 || (millis - start) % 1000 !== 0) continue;
      await poll();
      polls += 1;
    }
    expect(wrong).toEqual([]);
    expect([...complete.values()].reduce((sum, value) => sum + value, 0)).toBeGreaterThan(30);
  });
});

describe('what is kept for a fleet', () => {
  test('begins with its first process, or with a Redis that is new', async () => {
    const began = Date.now() / 1000;
    await using first = createStore();
    await using second = createStore();
    expect(await second.earliest()).toBeNull();
    second.record({ name: 'jobs', value: 1 });
    await second.flush();
    first.record({ name: 'jobs', value: 1, timeMillis: (began - 300) * 1000 });
    await first.flush();
    expect(await second.earliest()).toBeCloseTo(began - 300, 1);
    await redis.ask('FLUSHALL');
    expect(await second.earliest()).toBeNull();
    second.record({ name: 'jobs', value: 1 });
    await second.flush();
    expect(await first.earliest()).toBeGreaterThanOrEqual(began);
  });

  test('are the last 200 events, each once', async () => {
    await using first = createStore();
    await using second = createStore();
    const now = Date.now();
    for (let each = 0; each < 150; each += 1) {
      for (const [store, name] of [
        [first, 'first'],
        [second, 'second'],
      ] as const) {
        store.recordEvent({ title: `${name} ${each}`, timeMillis: now - 10_000 + each * 10, tags: { each } });
      }
      if (each % 50 === 49) for (const store of [first, second]) await store.flush();
    }
    const events = await first.events();
    expect(events).toEqual(await second.events());
    expect(events).toHaveLength(200);
    expect(new Set(events.map(({ title }) => title)).size).toBe(200);
    expect(events[0]).toMatchObject({ title: expect.stringMatching(/ 50$/), tags: { each: '50' } });
    expect(events.at(-1)!.timeSeconds).toBe((now - 10_000 + 1490) / 1000);
    expect(first.stats().redis!.events).toMatchObject({
      received: { points: 150 },
      exported: { points: 150 },
    });
    // Somebody else's data at their key costs events, and no values.
    await redis.ask('SET', `test${prefix}:v2:events`, 'mine');
    first.recordEvent({ title: 'one more' });
    first.record({ name: 'jobs', value: 1 });
    await first.flush();
    expect(first.stats().redis).toMatchObject({
      exported: { points: 1 },
      events: { droppedBy: { refused: { points: 1 } } },
    });
    expect((await first.events()).at(-1)!.title).toBe('one more');
  });

  test('is deleted by a name, or by tags exactly, and begins anew', async () => {
    await using first = createStore();
    await using second = createStore();
    for (const tags of [{}, { queue: 'mail' }, { queue: 'mail', region: 'eu' }]) {
      first.record({ name: 'jobs', value: 1, tags });
      second.record({ type: 'distribution', name: 'jobs', value: 5, tags });
    }
    first.record({ name: 'others', value: 1 });
    await second.flush();
    // What waits is written before, or it would come back.
    expect(await first.delete('jobs', { queue: 'mail' })).toBe(2);
    expect((await second.series('jobs')).map(({ tags }) => tags)).toHaveLength(4);
    expect((await read(second, 'jobs', { queue: 'mail' })).sum).toBe(2);
    expect(await second.delete('jobs')).toBe(4);
    expect(await first.names()).toEqual(['others']);
    first.record({ name: 'jobs', value: 1, tags: { queue: 'mail' } });
    await first.flush();
    expect(await read(second, 'jobs')).toMatchObject({ source: 'redis', sum: 1 });
    await redis.stop();
    await expect(first.delete('jobs')).rejects.toThrow(/closed|ECONNREFUSED/);
    expect(await first.names()).toEqual(['others']);
  });

  test('is no longer listed when it is idle', async () => {
    await using patient = createStore();
    const options = { url: redis.url, keyPrefix: `test${prefix}:` };
    let millis = Date.now() - 3_600_000;
    const store = new TimeseriesStore({ now: () => millis, idleSeconds: 600, redis: options });
    onTestFinished(() => store.shutdown({ timeoutMillis: 100 }));
    store.record({ name: 'once', value: 1 });
    await store.flush();
    millis += 1_200_000;
    store.record({ name: 'always', value: 1 });
    await store.flush();
    expect(await patient.names()).toEqual(['always']);
  });
});

describe('startMetrics', () => {
  test('keeps what calls ask for in Redis, beside a backend, also what only the shutdown finds', async () => {
    const keyPrefix = `test${prefix}:`;
    const { metrics, store, flush, shutdown } = await startMetrics({
      internal: { include: ['jobs.*'], redis: { url: redis.url, keyPrefix } },
    });
    metrics.incr('jobs.finished', 3);
    metrics.incr('orders', 2, { internal: true });
    metrics.incr('logins', 1);
    expect(await flush()).toMatchObject({ internal: { pending: 0, dropped: 0, errors: [] } });
    expect(store.stats().redis).toMatchObject({ isAway: false });
    metrics.incr('orders', 4);
    await shutdown();
    await using reader = createStore();
    expect(await reader.names()).toEqual(['jobs.finished', 'orders']);
    expect(await read(reader, 'jobs.finished')).toMatchObject({ source: 'redis', sum: 3 });
    expect((await read(reader, 'orders')).sum).toBe(6);
  });
});

describe('an outage', () => {
  /** Records one more in several series, and returns what all of them should have by now. */
  const recordRound = (store: TimeseriesStore, rounds = 1): void => {
    for (let index = 0; index < 200; index += 1) {
      store.record({ name: 'jobs', value: rounds, tags: { queue: index } });
      store.record({ type: 'distribution', name: 'size', value: index + 1 });
    }
  };

  const expectRounds = async (store: TimeseriesStore, rounds: number): Promise<void> => {
    const jobs = await read(store, 'jobs');
    expect({ source: jobs.source, sum: jobs.sum }).toEqual({ source: 'redis', sum: 200 * rounds });
    expect((await read(store, 'size')).sum).toBe(200 * rounds);
    expect(store.stats().redis).toMatchObject({
      received: { points: 400 * rounds },
      exported: { points: 400 * rounds, amount: 200 * rounds },
      dropped: { points: 0 },
      failedOperations: 0,
    });
  };

  test('by SIGSTOP loses nothing and adds nothing twice', async () => {
    await using store = createStore({ timeoutMillis: 1000 });
    recordRound(store);
    await store.flush();
    redis.freeze();
    recordRound(store);
    // The batch lies in the kernel's buffer when the store gives this connection up.
    await store.flush({ timeoutMillis: 2000 });
    recordRound(store);
    await store.flush({ timeoutMillis: 2000 });
    expect(store.stats().redis).toMatchObject({ isAway: true, pending: { points: 800 } });
    // Meanwhile, this process answers from its own memory.
    expect(await read(store, 'jobs')).toMatchObject({ source: 'memory', sum: 600 });
    redis.thaw();
    await isWritten(store);
    await expectRounds(store, 3);
    // Connections that were given up are closed. The last one is that of the question.
    const clients = String(await redis.ask('CLIENT', 'LIST'));
    expect(clients.trim().split('\n')).toHaveLength(2);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^TimeseriesStore: Redis at 127\.0\.0\.1:\d+ can't be used: no answer within 1000 ms\. .*`redis`/,
      ),
      expect.stringMatching(/^TimeseriesStore: Redis at 127\.0\.0\.1:\d+ answers again after [\d.]+ s\.$/),
    ]);
  });

  test.each(['request', 'answer'] as const)(
    'that cuts a batch off in its %s loses nothing and adds nothing twice',
    async (where) => {
      await using proxy = await startCuttingProxy(redis.port);
      await using store = createStore({ url: `redis://127.0.0.1:${proxy.port}` });
      for (let round = 1; round <= 5; round += 1) {
        recordRound(store);
        proxy.cut(where, 10_000);
        await store.flush({ timeoutMillis: 200 });
        await isWritten(store);
      }
      expect(proxy.cuts).toBe(5);
      expect(store.stats().redis!.repeatedBatches).toBe(where === 'answer' ? 5 : 0);
      await expectRounds(store, 5);
      await using reader = createStore();
      expect(await read(reader, 'jobs')).toMatchObject({ source: 'redis', sum: 1000 });
    },
  );

  test('by a restart after a save loses nothing and adds nothing twice', async () => {
    await using store = createStore();
    recordRound(store);
    await store.flush();
    await redis.saveAndStop();
    recordRound(store);
    await store.flush({ timeoutMillis: 300 });
    await until(() => expect(store.stats().redis).toMatchObject({ isAway: true, pending: { points: 400 } }));
    await redis.start();
    await isWritten(store);
    await expectRounds(store, 2);
    expect(warnings).toHaveLength(2);
  });

  test.each([
    ['nonsense', '\u0000\u0001 this is no Redis\r\n'],
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a wrong answer', '+OK\r\n'],
    ['a wrong answer to a batch', '+OK\r\n', 'EVAL'],
    ['an impossible answer to a batch', ':-7\r\n', 'EVAL'],
    ['an error', '-LOADING Redis is loading the dataset in memory\r\n'],
    ['the wrong password', '-NOAUTH Authentication required.\r\n'],
  ])('of %s is counted and said', async (_, answer, word?: string) => {
    await using proxy = await startCuttingProxy(redis.port);
    await using store = createStore({ url: `redis://:secret@127.0.0.1:${proxy.port}`, timeoutMillis: 300 });
    proxy.answer(answer, word);
    recordRound(store);
    const report = await store.flush();
    expect(report).toMatchObject({ exported: 0, pending: 400, dropped: 0 });
    expect(report.errors[0]).toBeInstanceOf(Error);
    expect(await read(store, 'jobs')).toMatchObject({ source: 'memory', sum: 200 });
    await until(() => expect(warnings).toHaveLength(1));
    expect(warnings.join()).not.toContain('secret');
  });

  test('of a Redis that was never there', async () => {
    await using proxy = await startCuttingProxy(redis.port);
    proxy.refuse(true);
    await using store = createStore({ url: `redis://127.0.0.1:${proxy.port}` });
    recordRound(store);
    await store.flush({ timeoutMillis: 300 });
    recordRound(store);
    await until(() => expect(store.stats().redis!.isAway).toBe(true));
    proxy.refuse(false);
    await isWritten(store);
    await expectRounds(store, 2);
    expect(warnings).toHaveLength(2);
  });

  test('longer than what can be kept costs resolution first', async () => {
    await using proxy = await startCuttingProxy(redis.port);
    proxy.refuse(true);
    await using store = createStore({ url: `redis://127.0.0.1:${proxy.port}`, maxPendingBytes: 50_000 });
    const now = Date.now();
    const hour = now - (now % 3_600_000) - 3_600_000;
    for (let bucket = 0; bucket < 360; bucket += 1) {
      for (const queue of [1, 2, 3]) {
        store.record({ name: 'jobs', value: 1, tags: { queue }, timeMillis: hour + bucket * 10_000 });
      }
    }
    expect(store.stats().redis).toMatchObject({
      pending: { points: 1080, amount: 1080 },
      dropped: { points: 0 },
    });
    expect(store.stats().redis!.pendingBytes).toBeLessThanOrEqual(50_000);
    proxy.refuse(false);
    await store.flush();
    expect(await read(store, 'jobs')).toMatchObject({ source: 'redis', sum: 1080 });
  });

  test('with more series than can be kept drops and counts', async () => {
    await using proxy = await startCuttingProxy(redis.port);
    proxy.refuse(true);
    await using store = createStore({ url: `redis://127.0.0.1:${proxy.port}`, maxPendingBytes: 50_000 });
    for (let queue = 0; queue < 500; queue += 1) store.record({ name: 'jobs', value: 2, tags: { queue } });
    const { received, pending, dropped, droppedBy } = store.stats().redis!;
    expect(received).toEqual({ points: 500, amount: 1000 });
    expect(pending.points + dropped.points).toBe(500);
    expect(pending.amount + dropped.amount).toBe(1000);
    expect(droppedBy).toEqual({ overflow: dropped });
    expect(dropped.points).toBeGreaterThan(0);
  });
});

describe('a Redis that refuses writes', () => {
  const record = (store: TimeseriesStore): void => {
    for (let queue = 0; queue < 50; queue += 1) {
      store.record({ name: 'jobs', value: 2, tags: { queue } });
      store.record({ type: 'gauge', name: 'depth', value: queue, tags: { queue } });
      store.record({ type: 'distribution', name: 'size', value: queue + 1 });
    }
  };
  const expectAll = async (store: TimeseriesStore, rounds: number): Promise<void> => {
    expect(await read(store, 'jobs')).toMatchObject({ source: 'redis', sum: 100 * rounds });
    expect((await read(store, 'size')).sum).toBe(50 * rounds);
    expect(store.stats().redis).toMatchObject({
      received: { points: 150 * rounds, amount: 100 * rounds },
      exported: { points: 150 * rounds, amount: 100 * rounds },
      pending: { points: 0, amount: 0 },
      dropped: { points: 0 },
      failedOperations: 0,
    });
  };

  test.each([
    [
      'as a replica that may only be read',
      ['REPLICAOF', '127.0.0.1', '1'],
      ['REPLICAOF', 'NO', 'ONE'],
      'READONLY',
    ],
    [
      'for the user',
      ['ACL', 'SETUSER', 'default', '-@write'],
      ['ACL', 'SETUSER', 'default', '+@all'],
      'ERR The user executing the script',
    ],
    ['for want of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0'], 'OOM'],
  ])('%s keeps them, still answers questions, and has two lines', async (_, begin, end, error) => {
    await using store = createStore();
    record(store);
    await store.flush();
    await redis.ask(...begin);
    onTestFinished(async () => void (await redis.ask(...end)));
    record(store);
    await store.flush();
    record(store);
    await store.flush();
    for (let question = 0; question < 10; question += 1) {
      expect(await read(store, 'jobs')).toMatchObject({ source: 'redis', sum: 100 });
      await store.flush();
    }
    expect(store.stats().redis).toMatchObject({
      isAway: true,
      exported: { points: 150 },
      pending: { points: 300, amount: 200 },
      dropped: { points: 0 },
    });
    expect(warnings).toEqual([expect.stringContaining(`can't be used: ${error}`)]);
    await redis.ask(...end);
    await isWritten(store);
    await expectAll(store, 3);
    expect(warnings.slice(1)).toEqual([expect.stringMatching(/ answers again after [\d.]+ s\.$/)]);
  });

  test('while it is being replaced by an empty one keeps what was not written, and has two lines', async () => {
    await using store = createStore();
    record(store);
    await store.flush();
    await redis.stop();
    record(store);
    await store.flush({ timeoutMillis: 300 });
    await until(() => expect(store.stats().redis!.isAway).toBe(true));
    for (let question = 0; question < 10; question += 1) {
      expect(await read(store, 'jobs')).toMatchObject({ source: 'memory', sum: 200 });
    }
    await redis.start();
    await isWritten(store);
    record(store);
    await store.flush();
    expect(await read(store, 'jobs')).toMatchObject({ source: 'redis', sum: 200 });
    expect((await read(store, 'size')).sum).toBe(100);
    expect(store.stats().redis).toMatchObject({ exported: { points: 450 }, dropped: { points: 0 } });
    expect(warnings).toHaveLength(2);
  });

  test('while it is away for a moment gets them in a shutdown that has time', async () => {
    await using proxy = await startCuttingProxy(redis.port);
    proxy.refuse(true);
    const store = createStore({ url: `redis://127.0.0.1:${proxy.port}` });
    record(store);
    const closing = store.shutdown({ timeoutMillis: 20_000 });
    await until(() => expect(store.stats().redis!.isAway).toBe(true));
    proxy.refuse(false);
    await closing;
    expect(store.stats().redis).toMatchObject({ exported: { points: 150 }, dropped: { points: 0 } });
    await using reader = createStore();
    expect(await read(reader, 'jobs')).toMatchObject({ source: 'redis', sum: 100 });
  });
});

describe('a Redis that hangs', () => {
  /** Listens, and never says a word. */
  const startSilentServer = async (): Promise<number> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).resume();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };

  const millisOf = async (work: Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work;
    return performance.now() - start;
  };

  /** Far more than any of it takes, and far less than the time that a command has. */
  const SOON = 10_000;

  test.each(['connection', 'process', 'writes'])('in its %s holds up nobody', async (what) => {
    const timeoutMillis = 60_000;
    const url = what === 'connection' ? `redis://127.0.0.1:${await startSilentServer()}` : redis.url;
    await using store = createStore({ url, timeoutMillis });
    const exporter = new TimeseriesMetricExporter({ store });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const jobs = provider.getMeter('test').createCounter('jobs');
    if (what !== 'connection') {
      jobs.add(1);
      await provider.forceFlush();
    }
    if (what === 'process') redis.freeze();
    if (what === 'writes') await redis.ask('CLIENT', 'PAUSE', '600000', 'WRITE');
    onTestFinished(async () => {
      redis.thaw();
      await redis.ask('CLIENT', 'UNPAUSE');
    });
    jobs.add(2);
    const times = {
      forceFlush: await millisOf(provider.forceFlush()),
      flush: await millisOf(exporter.flush({ timeoutMillis: 100 })),
      provider: await millisOf(provider.shutdown()),
      exporter: await millisOf(exporter.shutdown({ timeoutMillis: 100 })),
      store: await millisOf(store.shutdown({ timeoutMillis: 100 })),
    };
    expect(Object.entries(times).filter(([, millis]) => millis > SOON)).toEqual([]);
    const written = what === 'connection' ? 0 : 1;
    expect(store.stats().redis).toMatchObject({
      received: { points: written + 1, amount: written + 2 },
      exported: { points: written, amount: written },
      pending: { points: 0, amount: 0 },
      droppedBy: { shutdown: { points: 1, amount: 2 } },
    });
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
  });
});

describe('the keys', () => {
  test('all expire, and are those of Sentry', async () => {
    await using store = createStore();
    store.record({ name: 'foo', value: 3 });
    store.record({ name: 'events.total', value: 4, tags: { a: 'b' } });
    await store.flush();
    const keys = (await redis.ask('KEYS', `test${prefix}:*`)) as string[];
    const unlimited = [];
    for (const key of keys) if ((await redis.ask('TTL', key)) === -1) unlimited.push(key);
    expect(unlimited).toEqual([]);
    const bucket = Math.floor(Date.now() / 86_400_000) * 86_400;
    const key = `test${prefix}:v2:86400:${bucket}:46`;
    expect(await redis.ask('HGET', key, 'bf4e529197e56a48ae2737505b9736e4')).toBe('3');
    expect(await redis.ask('EXPIRETIME', key)).toBe(bucket + 86_400 * 92);
  });

  /** The key of the finest bucket that the last day of a name is in. */
  const bucketKeys = async (): Promise<string[]> =>
    ((await redis.ask('KEYS', `test${prefix}:v2:10:*`)) as string[]).sort();

  test('that hold the data of others are left alone, and what belongs there is refused and counted', async () => {
    await using store = createStore();
    store.record({ name: 'foo', value: 1 });
    await store.flush();
    await redis.ask('SET', `test${prefix}:v2:series:bar`, 'mine');
    for (let round = 0; round < 5; round += 1) {
      store.record({ name: 'bar', value: 4, tags: { round } });
      store.record({ name: 'foo', value: 1 });
      await store.flush();
    }
    expect(await redis.ask('GET', `test${prefix}:v2:series:bar`)).toBe('mine');
    expect(await redis.ask('TTL', `test${prefix}:v2:series:bar`)).toBe(-1);
    expect(await read(store, 'foo')).toMatchObject({ source: 'redis', sum: 6 });
    expect(store.stats().redis).toMatchObject({
      received: { points: 11, amount: 26 },
      exported: { points: 6, amount: 6 },
      pending: { points: 0, amount: 0 },
      droppedBy: { refused: { points: 5, amount: 20 } },
      isAway: false,
    });
    expect(store.stats().redis!.failedOperations).toBeGreaterThan(0);
    // Nothing of what was refused is there.
    await redis.ask('DEL', `test${prefix}:v2:series:bar`);
    store.record({ name: 'bar', value: 1, tags: { round: 0 } });
    await store.flush();
    expect((await read(store, 'bar')).sum).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(/dropped 1 points of bar \(refused\): .*:series:bar is a string.*`keyPrefix`/),
    ]);
  });

  test('that hold the data of others are no outage to those who ask', async () => {
    await using store = createStore();
    store.record({ name: 'foo', value: 1 });
    store.record({ name: 'bar', value: 2 });
    await store.flush();
    await redis.ask('DEL', `test${prefix}:v2:series:bar`);
    await redis.ask('SET', `test${prefix}:v2:series:bar`, 'mine');
    for (let question = 0; question < 10; question += 1) {
      expect(await read(store, 'bar')).toMatchObject({ source: 'memory', sum: 2 });
      expect(await read(store, 'foo')).toMatchObject({ source: 'redis', sum: 1 });
    }
    expect(warnings).toEqual([expect.stringContaining('WRONGTYPE')]);
    expect(store.stats().redis!.isAway).toBe(false);
  });

  test('refuse everything when the list of metrics is the data of others', async () => {
    await using store = createStore();
    await redis.ask('SET', `test${prefix}:v2:metrics`, 'mine');
    store.record({ name: 'foo', value: 1 });
    store.record({ type: 'gauge', name: 'bar', value: 1 });
    await store.flush();
    expect(store.stats().redis).toMatchObject({
      exported: { points: 0 },
      droppedBy: { refused: { points: 2, amount: 1 } },
    });
    expect(await redis.ask('GET', `test${prefix}:v2:metrics`)).toBe('mine');
    expect(await bucketKeys()).toEqual([]);
  });

  test('refuse one series when a bucket, or its field, is the data of others', async () => {
    // An hour ago, so that no bucket ends meanwhile.
    const timeMillis = Date.now() - 3_000_000;
    await using store = createStore();
    store.record({ name: 'foo', value: 1, timeMillis });
    store.record({ name: 'bar', value: 1, timeMillis });
    await store.flush();
    const [first, second] = await bucketKeys();
    const [field] = (await redis.ask('HKEYS', second!)) as string[];
    await redis.ask('HSET', second!, field!, 'not a number');
    await redis.ask('DEL', first!);
    await redis.ask('SET', first!, 'mine');
    store.record({ name: 'foo', value: 2, timeMillis });
    store.record({ name: 'bar', value: 2, timeMillis });
    store.record({ name: 'other', value: 2, timeMillis });
    await store.flush();
    expect(store.stats().redis).toMatchObject({
      exported: { points: 3, amount: 4 },
      droppedBy: { refused: { points: 2, amount: 4 } },
    });
    expect(await redis.ask('GET', first!)).toBe('mine');
    expect(await redis.ask('TTL', first!)).toBe(-1);
  });

  test('refuse a batch once, although its answer is lost', async () => {
    await using proxy = await startCuttingProxy(redis.port);
    await using store = createStore({ url: `redis://127.0.0.1:${proxy.port}` });
    await redis.ask('SET', `test${prefix}:v2:series:bar`, 'mine');
    store.record({ name: 'foo', value: 1 });
    store.record({ name: 'bar', value: 2 });
    proxy.cut('answer', 1000);
    await store.flush({ timeoutMillis: 200 });
    await isWritten(store);
    expect(proxy.cuts).toBe(1);
    expect(store.stats().redis).toMatchObject({
      repeatedBatches: 1,
      exported: { points: 1, amount: 1 },
      droppedBy: { refused: { points: 1, amount: 2 } },
    });
  });
});

test('a store that is shut down counts what Redis never got, and closes its connection', async () => {
  const store = createStore();
  store.record({ name: 'x', value: 1 });
  await store.shutdown();
  const clients = String(await redis.ask('CLIENT', 'LIST'));
  expect(
    clients
      .trim()
      .split('\n')
      .filter((line) => !line.includes('cmd=client')),
  ).toEqual([]);
  store.record({ name: 'x', value: 5 });
  expect(store.stats().redis).toMatchObject({
    exported: { points: 1, amount: 1 },
    droppedBy: { shutdown: { points: 1, amount: 5 } },
  });
  expect(await read(store, 'x')).toMatchObject({ source: 'memory', sum: 6 });
});
