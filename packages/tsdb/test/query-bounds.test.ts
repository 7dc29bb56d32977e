import { get } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock, settle } from '../../exporter-base/test/fake-clock.ts';
import { Gate } from '../src/gate.ts';
import { TimeseriesStore, TooMuchError } from '../src/index.ts';
import {
  BUCKETS_PER_TURN,
  MAX_BUCKETS_READ,
  MAX_BYTES_HELD,
  MAX_WAITING,
  QUERIES_AT_ONCE,
  WEIGHTS,
} from '../src/limits.ts';
import { MemoryTable } from '../src/memory-table.ts';
import { matchingGroups } from '../src/range.ts';
import { DistributionRing, Ring } from '../src/rings.ts';
import { bucketsBetween, type Rollup } from '../src/rollups.ts';
import { Turns } from '../src/turns.ts';
import { FakeNow } from './fake-now.ts';
import { until } from '../../../test/until.ts';

const HOUR: Rollup = [10, 360];
const now = new FakeNow();
const CARRYING = { flushSeconds: 0, completeUntil: Infinity };

afterEach(() => vi.restoreAllMocks());

/** A table with series of one name, told apart by a tag. */
async function createTable(type: 'counter' | 'distribution', count: number, maxBytes = 2 ** 30) {
  const table = new MemoryTable({
    rollups: [HOUR],
    maxSeries: count,
    maxBytes,
    idleSeconds: 86_400,
    histogramBuckets: 16,
    nowSeconds: () => now.seconds,
  });
  const value =
    type === 'counter'
      ? 1
      : ({ type: 'explicit', boundaries: [], counts: [1], count: 1, sum: 5, min: 5, max: 5 } as const);
  for (let user = 0; user < count; user += 1) {
    table.record({ name: 'requests', type, unit: '' }, `{"user":"${user}"}`, now.seconds, value);
  }
  return table;
}

/** Time that stands still, so that only the number of buckets decides. Calls back when a turn of the event loop begins. */
function clockWithTurns(begin: () => void): FakeClock {
  const clock = new FakeClock();
  clock.turn = () => {
    clock.turns += 1;
    return new Promise((resolve) => {
      setImmediate(() => {
        begin();
        resolve();
      });
    });
  };
  return clock;
}

/** Counts the calls of a method, millions of them: a spy would keep them all. */
function countCalls<Name extends string>(
  prototype: Record<Name, (...given: never[]) => unknown>,
  name: Name,
  count: () => void,
): void {
  const original = prototype[name];
  prototype[name] = function counted(this: unknown, ...given) {
    count();
    return original.apply(this, given);
  };
  onTestFinished(() => {
    prototype[name] = original;
  });
}

describe('between two turns of the event loop', () => {
  it.each([
    ['counter', 9000, undefined],
    ['counter', 9000, 'user'],
    ['distribution', 300, undefined],
    ['distribution', 300, 'user'],
  ] as const)(
    'no more than the stated number of buckets is read: %s, %i series, by %s',
    async (type, count, by) => {
      const table = await createTable(type, count);
      let read = 0;
      let most = 0;
      let total = 0;
      const clock = clockWithTurns(() => {
        read = 0;
      });
      const countRead = (): void => {
        read += WEIGHTS[type];
        total += 1;
        most = Math.max(most, read);
      };
      countCalls(Ring.prototype, 'read', countRead);
      countCalls(DistributionRing.prototype, 'readSummary', countRead);
      const ownTurn = await new Turns(clock).begin();
      const groups = await matchingGroups(
        await table.series(['requests']),
        { type: undefined, tags: {}, by },
        ownTurn,
      );
      const buckets = bucketsBetween(now.seconds - 3600, now.seconds, HOUR);
      let columns = 0;
      for await (const column of table.columns(groups, buckets, CARRYING, ownTurn))
        columns += column.size > 0 ? 1 : 0;
      expect(columns).toBe(by === undefined ? 1 : count);
      expect(total).toBe(count * buckets.count);
      expect(most).toBeLessThanOrEqual(BUCKETS_PER_TURN);
      // It was really in slices, of nearly that size.
      expect(clock.turns).toBeGreaterThanOrEqual(Math.ceil((total * WEIGHTS[type]) / BUCKETS_PER_TURN));
      expect(most).toBeGreaterThan(BUCKETS_PER_TURN / 2);
    },
  );

  it('only one of several queries works', async () => {
    const order: number[] = [];
    let workedInTurn = 0;
    const turns = new Turns(
      clockWithTurns(() => {
        workedInTurn = 0;
      }),
    );
    await Promise.all(
      [0, 1, 2].map(async (query) => {
        const own = await turns.begin();
        for (let each = 0; each < 3; each += 1) {
          while (!own.take(BUCKETS_PER_TURN)) await own.next();
          workedInTurn += 1;
          expect(workedInTurn).toBe(1);
          order.push(query);
        }
      }),
    );
    // And they come one after the other.
    expect(order).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('slow work ends by its time', async () => {
    const clock = new FakeClock();
    const turn = await new Turns(clock).begin();
    let taken = 0;
    while (turn.take(16)) {
      taken += 16;
      clock.millis += 1;
    }
    expect(taken).toBeLessThan(BUCKETS_PER_TURN / 10);
    await turn.next();
    expect(turn.take(16)).toBe(true);
  });
});

describe('a query', () => {
  const createStore = (series: number, rollups: readonly Rollup[]) => {
    const store = new TimeseriesStore({ rollups, maxSeries: 100_000, maxBytes: 2 ** 33, now: now.read });
    for (let user = 0; user < series; user += 1)
      store.record({ name: 'requests', value: user + 1, tags: { user } });
    return store;
  };
  const hour = { names: ['requests'], start: now.seconds - 3599, end: now.seconds };

  it('of 9,000 users for the largest of them holds these alone', async () => {
    const store = createStore(9000, [HOUR]);
    const { series, more } = await store.getRange({ ...hour, by: 'user', limit: 3 });
    expect(series.map(({ tags }) => tags['user'])).toEqual(['8999', '8998', '8997']);
    expect(series.map(({ points }) => points.at(-1)![1])).toEqual([9000, 8999, 8998]);
    expect(more).toBe(8997);
  });

  it('that would read or hold too much is refused before anything is read', async () => {
    const store = createStore(12_000, [HOUR]);
    const read = vi.spyOn(Ring.prototype, 'read');
    const sum = store.getRange(hour);
    await expect(sum).rejects.toThrow(TooMuchError);
    await expect(sum).rejects.toMatchObject({
      needed: 12_000 * 360,
      limit: MAX_BUCKETS_READ.memory,
      unit: 'buckets',
    });
    const all = store.getRange({ ...hour, names: ['requests'], by: 'user', start: now.seconds - 2990 });
    await expect(all).rejects.toMatchObject({ limit: MAX_BYTES_HELD, unit: 'bytes' });
    expect(read).not.toHaveBeenCalled();
    read.mockRestore();
    // With one tag, or for a shorter range, it is answered.
    expect((await store.getRange({ ...hour, tags: { user: 7 } })).series).toHaveLength(1);
    expect((await store.getRange({ ...hour, start: now.seconds - 1800 })).series).toHaveLength(1);
  });

  it('without `rollupSeconds` takes a coarser rollup before it is refused', async () => {
    const store = createStore(12_000, [HOUR, [60, 100]]);
    const { rollupSeconds, series } = await store.getRange(hour);
    expect({ rollupSeconds, sum: series[0]!.points.at(-1)![1] }).toEqual({
      rollupSeconds: 60,
      sum: (12_000 * 12_001) / 2,
    });
    await expect(store.getRange({ ...hour, rollupSeconds: 10 })).rejects.toThrow('coarser resolution');
  });
});

describe('a gate', () => {
  it('lets as many in as it has places, and the others in their order', async () => {
    const gate = new Gate(2);
    const ends: (() => void)[] = [];
    const begun: number[] = [];
    const all = [0, 1, 2, 3].map((each) =>
      gate.pass(async () => {
        begun.push(each);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (each === 1) throw new Error('failed');
      }),
    );
    expect([begun, gate.waiting]).toEqual([[0, 1], 2]);
    ends[1]!();
    await expect(all[1]).rejects.toThrow('failed');
    await settle();
    expect([begun, gate.waiting]).toEqual([[0, 1, 2], 1]);
    for (const each of [0, 2]) ends[each]!();
    await settle();
    ends[3]!();
    await Promise.all([all[0], all[2], all[3]]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });
});

describe('requests', () => {
  it('wait for each other, and are turned away when too many wait', async () => {
    const store = new TimeseriesStore({ now: now.read });
    store.record({ name: 'requests', value: 1 });
    const server = await store.listen();
    onTestFinished(() => server.close());
    // The store answers nobody until it is told to, and counts how many it is to answer.
    let atOnce = 0;
    let most = 0;
    let open = (): void => undefined;
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    vi.spyOn(store, 'events').mockImplementation(async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await isOpen;
      atOnce -= 1;
      return [];
    });
    const statuses: (number | undefined)[] = [];
    const ask = () =>
      new Promise<void>((resolve, reject) => {
        get(`${server.url}api/events`, { agent: false }, (response) => {
          statuses.push(response.statusCode);
          response.resume().once('end', resolve);
        }).once('error', reject);
      });
    const all = Array.from({ length: QUERIES_AT_ONCE + MAX_WAITING + 5 }, ask);
    await until(() => expect(statuses).toEqual([503, 503, 503, 503, 503]));
    open();
    await Promise.all(all);
    expect(most).toBe(QUERIES_AT_ONCE);
    expect(statuses.slice(5)).toEqual(Array.from({ length: QUERIES_AT_ONCE + MAX_WAITING }, () => 200));
  });

  it('of clients that are gone leave their places to others', async () => {
    const store = new TimeseriesStore({ now: now.read });
    const series = Array.from({ length: 5000 }, (_, user) => user);
    for (const user of series)
      store.record({ name: 'requests', value: 1, tags: { user, text: 'x'.repeat(1000) } });
    const server = await store.listen();
    onTestFinished(() => server.close());
    // None of them reads its answer, which is larger than what the system takes.
    const sockets = await Promise.all(
      Array.from({ length: QUERIES_AT_ONCE * 2 }, async () => {
        const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
        await once(socket, 'connect');
        socket.pause().write('GET /api/series?name=requests HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return socket;
      }),
    );
    const answer = fetch(`${server.url}api/names`);
    for (const socket of sockets) socket.destroy();
    expect((await answer).status).toBe(200);
  });

  it('with a name many times ask for it once', async () => {
    const store = new TimeseriesStore({ now: now.read });
    store.record({ name: 'requests', value: 1 });
    const server = await store.listen();
    onTestFinished(() => server.close());
    const names = Array.from({ length: 1000 }, () => 'name=requests').join('&');
    for (const path of ['range', 'series']) {
      const response = await fetch(`${server.url}api/${path}?${names}`);
      const { series } = (await response.json()) as { series: unknown[] };
      expect(series).toHaveLength(1);
    }
  });
});
