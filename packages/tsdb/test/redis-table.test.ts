import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { FakeClock, settle } from '../../exporter-base/test/fake-clock.ts';
import type { Column } from '../src/columns.ts';
import { RedisTable } from '../src/redis-table.ts';
import { bucketsBetween } from '../src/rollups.ts';
import type { SeriesMetric } from '../src/source.ts';
import { Turns } from '../src/turns.ts';
import { FakeRedis, NEVER } from './fake-redis.ts';

const WRITTEN = [0, 0, ''];

describe('RedisTable', () => {
  let messages: ReturnType<typeof listenToDiag>;
  let clock: FakeClock;
  let redis: FakeRedis;
  let table: RedisTable;
  beforeEach(() => {
    messages = listenToDiag();
    clock = new FakeClock();
    redis = new FakeRedis(() => WRITTEN);
    table = createTable(clock);
  });
  afterEach(async () => {
    const closed = table.close(0);
    await clock.advance(0);
    await closed;
    messages.stop();
  });

  const createTable = (itsClock: FakeClock): RedisTable =>
    new RedisTable({
      destination: 'redis:6379',
      secrets: [],
      createClient: redis.createClient,
      timeoutMillis: 5000,
      keyPrefix: 'p:',
      rollups: [[10, 360]],
      histogramBuckets: 64,
      maxPendingBytes: 1e6,
      idleSeconds: 3600,
      firstSeconds: () => 1_800_000_000,
      nowSeconds: () => 1_800_000_000,
      clock: itsClock,
    });

  const record = (name = 'jobs', value = 1): void =>
    table.record({ type: 'counter', name, unit: '' }, '{}', 1_800_000_000, value);

  /** Answers that a test gives when it wants to, to one command after the other. */
  const answerLater = (): ((answer: unknown) => Promise<void>) => {
    const waiting: ((answer: unknown) => void)[] = [];
    redis.answer = () => new Promise((resolve) => waiting.push(resolve));
    return async (answer) => {
      waiting.shift()!(answer);
      await settle();
    };
  };

  /** Whether something has settled by now. */
  const watch = (work: Promise<unknown>): { isDone: boolean } => {
    const watched = { isDone: false };
    void work.then(() => {
      watched.isDone = true;
    });
    return watched;
  };

  it('waits in a flush for the write under way, and writes what came after it', async () => {
    const answer = answerLater();
    record();
    await clock.advance(1000);
    expect(redis.commands).toHaveLength(1);
    const first = watch(table.flush(10_000, false));
    await settle();
    // Nothing else is waiting: it is the write under way that is not done.
    expect(first.isDone).toBe(false);
    record();
    const flush = table.flush(10_000, false);
    const second = watch(flush);
    await answer(WRITTEN);
    expect(redis.commands).toHaveLength(2);
    expect(second.isDone).toBe(false);
    await answer(WRITTEN);
    expect([first.isDone, second.isDone]).toEqual([true, true]);
    expect(table.stats()).toMatchObject({ exported: { points: 2 }, pending: { points: 0 } });
  });

  it('leaves the report of a forceFlush to the next flush', async () => {
    record();
    await table.forceFlush(10_000);
    expect(redis.commands).toHaveLength(1);
    expect(await table.flush(10_000, false)).toMatchObject({ exported: 1, pending: 0 });
  });

  it('tries by itself in a flush when the write under way fails', async () => {
    const answer = answerLater();
    record();
    await clock.advance(1000);
    const flush = table.flush(10_000, false);
    const watched = watch(flush);
    await answer(Promise.reject(new Error('Socket closed unexpectedly')));
    expect(redis.commands).toHaveLength(2);
    expect(watched.isDone).toBe(false);
    await answer(WRITTEN);
    expect(await flush).toMatchObject({ exported: 1, pending: 0 });
  });

  it('tries once in a flush, and in a shutdown until the time is up', async () => {
    redis.answer = () => {
      throw new Error('Socket closed unexpectedly');
    };
    record();
    const report = await table.flush(10_000, false);
    expect(report).toMatchObject({ exported: 0, pending: 1, dropped: 0 });
    expect(redis.commands).toHaveLength(1);
    const closing = table.close(2000);
    const closed = watch(closing);
    await clock.advance(700);
    redis.answer = () => WRITTEN;
    await clock.advance(100);
    expect(closed.isDone).toBe(true);
    expect(table.stats()).toMatchObject({ exported: { points: 1 }, dropped: { points: 0 } });
  });

  it('tries anew soon when it is shut down during a long pause', async () => {
    redis.answer = () => {
      throw new Error('Socket closed unexpectedly');
    };
    record();
    await clock.advance(60_000);
    const attempts = redis.commands.length;
    const closed = watch(table.close(1900));
    await clock.advance(1900);
    expect(closed.isDone).toBe(true);
    // After 0, 250, 750 and 1750 ms.
    expect(redis.commands.length - attempts).toBe(4);
  });

  it('drops once what a shutdown left, also when its answer comes later', async () => {
    const answer = answerLater();
    record();
    const closing = table.close(100);
    await clock.advance(100);
    await closing;
    const end = {
      exported: { points: 0 },
      pending: { points: 0, amount: 0 },
      droppedBy: { shutdown: { points: 1, amount: 1 } },
      pendingBytes: 0,
    };
    expect(table.stats()).toMatchObject(end);
    await answer(WRITTEN);
    expect(table.stats()).toMatchObject(end);
    expect(clock.timers).toBe(0);
    record();
    expect(table.stats().droppedBy).toEqual({ shutdown: { points: 2, amount: 2 } });
  });

  it('counts once what is answered at the moment at which the time is up', async () => {
    // At each step of what follows an answer.
    for (let steps = 0; steps < 30; steps += 1) {
      const moment = new FakeClock();
      const other = createTable(moment);
      let answer = (): void => undefined;
      redis.answer = () =>
        new Promise((resolve) => {
          answer = () => resolve(WRITTEN);
        });
      other.record({ type: 'counter', name: 'jobs', unit: '' }, '{}', 1_800_000_000, 1);
      const schedule = moment.schedule.bind(moment);
      moment.schedule = (millis, callback, holdsProcess) => {
        const late = async (): Promise<void> => {
          answer();
          for (let step = 0; step < steps; step += 1) await Promise.resolve();
          callback();
        };
        return schedule(millis, millis === 100 ? () => void late() : callback, holdsProcess);
      };
      const closing = other.close(100);
      await moment.advance(100);
      await closing;
      const { exported, dropped, pending } = other.stats();
      expect({ steps, points: exported.points + dropped.points, pending: pending.points }).toEqual({
        steps,
        points: 1,
        pending: 0,
      });
    }
  });

  it('takes the least patience of several shutdowns', async () => {
    redis.answer = () => NEVER;
    record();
    const patient = watch(table.close(4000));
    const hasty = watch(table.close(100));
    await clock.advance(100);
    expect(hasty.isDone).toBe(true);
    expect(table.stats().droppedBy).toEqual({ shutdown: { points: 1, amount: 1 } });
    await clock.advance(0);
    expect(patient.isDone).toBe(true);
  });

  it('counts what was refused of a batch, also when the first answer was lost', async () => {
    record('a', 1);
    record('b', 2);
    record('c', 4);
    redis.answer = () => {
      throw new Error('Socket closed unexpectedly');
    };
    await table.flush(100, false);
    redis.answer = () => [1, 3, 'p:v2:series:b is a string of somebody else', 2];
    await table.flush(100, false);
    expect(table.stats()).toMatchObject({
      received: { points: 3, amount: 7 },
      exported: { points: 2, amount: 5 },
      pending: { points: 0, amount: 0 },
      droppedBy: { refused: { points: 1, amount: 2 } },
      repeatedBatches: 1,
      failedOperations: 3,
    });
    expect(messages.warn.filter((line) => line.includes('refused'))).toEqual([
      expect.stringMatching(
        /dropped 1 points of b .*p:v2:series:b is a string of somebody else.*`keyPrefix`/,
      ),
    ]);
  });

  it('logs once, and takes for no outage, that an index holds something else', async () => {
    redis.answer = ([word]) => {
      if (word === 'ZSCAN') throw new Error('WRONGTYPE \u001b[31mOperation');
      return WRITTEN;
    };
    for (let question = 0; question < 10; question += 1) {
      await expect(table.metrics()).rejects.toThrow('WRONGTYPE');
      record();
      await table.flush(100, false);
    }
    expect(table.stats().isAway).toBe(false);
    expect(messages.warn).toHaveLength(1);
    expect(messages.warn[0]).toMatch(/refused it: WRONGTYPE \\\S+31mOperation\. Set `keyPrefix`/);
  });

  it('reads many series in pieces, a few at a time, and adds them up', async () => {
    const users = 3000;
    const members = Array.from({ length: users }, (_, user) => `["counter","",{"user":"${user}"}]`);
    let underway = 0;
    let most = 0;
    const pieces: number[] = [];
    redis.answer = async (words) => {
      if (words[0] === 'ZSCAN') {
        // Some at a time, and one of them twice, as Redis may do.
        const from = Number(words[2]);
        const some = members.slice(Math.max(from - 1, 0), from + 1000).flatMap((member) => [member, '1']);
        return [from + 1000 < users ? String(from + 1000) : '0', some];
      }
      const keys = Number(words[2]);
      const fields = words.length - 3 - keys;
      pieces.push(keys * fields);
      underway += 1;
      most = Math.max(most, underway);
      await settle();
      underway -= 1;
      return Array.from({ length: keys }, () => Array.from({ length: fields }, () => '2'));
    };
    const [series] = await table.series(['requests']);
    expect(series).toHaveLength(users);
    const buckets = bucketsBetween(1_800_000_000 - 3599, 1_800_000_000, [10, 360]);
    const turn = await new Turns(clock).begin();
    const read = async (groups: readonly SeriesMetric[]) => {
      const columns: Column[] = [];
      const carrying = { flushSeconds: 10, completeUntil: 1_800_000_000 };
      for await (const column of table.columns(groups, buckets, carrying, turn)) columns.push(column);
      return columns;
    };
    const [sum, ...others] = await read([{ type: 'counter', series: series! }]);
    expect(others).toEqual([]);
    expect([0, 100, 359].map((index) => sum!.pointAt(index))).toEqual([6000, 6000, 6000]);
    const each = await read(series!.map((one) => ({ type: 'counter' as const, series: [one] })));
    expect(each.map((column) => column.size)).toEqual(Array.from({ length: users }, () => 720));
    expect(pieces.reduce((total, piece) => total + piece)).toBe(2 * users * 360);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(8000);
    expect(most).toBe(4);
  });

  it('refuses to list more series than a query may hold', async () => {
    let scans = 0;
    redis.answer = () => {
      scans += 1;
      const some = Array.from({ length: 1000 }, (_, index) => `["counter","",{"user":"${scans}-${index}"}]`);
      return [String(scans), some.flatMap((member) => [member, '1'])];
    };
    await expect(table.series(['requests'])).rejects.toThrow(/would hold \d+ bytes, and 8388608 are allowed/);
    expect(scans).toBeLessThan(30);
  });

  it('counts a series once that processes recorded with different units', async () => {
    redis.answer = () => ['0', ['["counter","ms",{}]', '1', '["counter","",{}]', '2']];
    expect(await table.series(['requests'])).toEqual([
      [{ name: 'requests', type: 'counter', unit: 'ms', tags: {} }],
    ]);
  });

  it('counts events: written, given up for later ones, refused, and left at the end', async () => {
    const event = (title: string) => ({ timeSeconds: 1, title, text: '', alertType: undefined, tags: {} });
    for (let each = 0; each < 203; each += 1) table.recordEvent(event(`event ${each}`));
    await table.flush(100, false);
    expect(table.stats().events).toMatchObject({
      received: { points: 203 },
      exported: { points: 200 },
      pending: { points: 0 },
      droppedBy: { overflow: { points: 3 } },
    });
    record();
    table.recordEvent(event('refused'));
    redis.answer = () => [0, 1, 'p:v2:events is a string of somebody else', 2];
    await table.flush(100, false);
    expect(table.stats()).toMatchObject({
      exported: { points: 1 },
      events: { exported: { points: 200 }, droppedBy: { refused: { points: 1 } } },
    });
    redis.answer = () => NEVER;
    table.recordEvent(event('late'));
    const closing = table.close(100);
    await clock.advance(100);
    await closing;
    expect(table.stats().events).toMatchObject({
      pending: { points: 0 },
      droppedBy: { shutdown: { points: 1 } },
    });
  });
});
