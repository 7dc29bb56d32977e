import { histogramData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TimeseriesStore, type RangeSeries, type TimeseriesStoreOptions } from '../src/index.ts';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { FakeNow } from './fake-now.ts';

let now: FakeNow;
let messages: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  now = new FakeNow();
  messages = listenToDiag();
});
afterEach(() => messages.stop());

const createStore = (options: TimeseriesStoreOptions = {}) =>
  new TimeseriesStore({ now: now.read, ...options });

const valuesOf = ({ points }: RangeSeries) => points.map(([, value]) => value);

function throwError(): never {
  throw new Error('a getter');
}

describe('getRange', () => {
  it('is ascending and filled with zeros, with one series for each name that there is', async () => {
    const store = createStore();
    store.record({ name: 'jobs', value: 2 });
    now.seconds += 20;
    store.record({ name: 'jobs', value: 3 });
    const { rollupSeconds, source, series } = await store.getRange({
      names: ['jobs', 'unknown'],
      start: now.seconds - 40,
      end: new Date(now.read()),
    });
    expect({ rollupSeconds, source }).toEqual({ rollupSeconds: 10, source: 'memory' });
    const times = [-40, -30, -20, -10, 0].map((offset) => now.seconds + offset);
    const counter = { type: 'counter', unit: '', tags: {} };
    expect(series).toEqual([
      { ...counter, name: 'jobs', points: [0, 0, 2, 0, 3].map((value, index) => [times[index], value]) },
    ]);
  });

  it('is empty when the start is after the end', async () => {
    const store = createStore();
    store.record({ name: 'x', value: 1 });
    const { series } = await store.getRange({ names: ['x'], start: now.seconds, end: now.seconds - 1 });
    expect(series).toEqual([{ name: 'x', type: 'counter', unit: '', tags: {}, points: [] }]);
  });

  it('adds up all tags, those that are asked for, or each value of one', async () => {
    const store = createStore();
    store.record({ name: 'orders', value: 1, tags: { plan: 'pro', region: 'eu' } });
    store.record({ name: 'orders', value: 2, tags: { plan: 'pro', region: 'us' } });
    store.record({ name: 'orders', value: 4, tags: { plan: 'free', region: 'eu' } });
    store.record({ name: 'orders', value: 8 });
    const ask = async (query: { tags?: Record<string, string>; by?: string }) => {
      const range = { names: ['orders'], start: now.seconds, end: now.seconds };
      const { series } = await store.getRange({ ...range, ...query });
      return series.map(({ tags, points }) => [tags, points[0]![1]]);
    };
    expect(await ask({})).toEqual([[{}, 15]]);
    expect(await ask({ tags: { plan: 'pro' } })).toEqual([[{}, 3]]);
    expect(await ask({ tags: { plan: 'pro', region: 'us' } })).toEqual([[{}, 2]]);
    expect(await ask({ tags: { plan: 'none' } })).toEqual([]);
    expect(await ask({ by: 'plan', tags: { region: 'eu' } })).toEqual([
      [{ plan: 'pro' }, 1],
      [{ plan: 'free' }, 4],
    ]);
    expect(await ask({ by: 'plan' })).toContainEqual([{ plan: '' }, 8]);
  });

  it('keeps the last value of a gauge, and says null where there was none', async () => {
    const store = createStore();
    store.record({ type: 'gauge', name: 'depth', value: 5, tags: { queue: 'a' } });
    store.record({ type: 'gauge', name: 'depth', value: 7, tags: { queue: 'a' } });
    store.record({ type: 'gauge', name: 'depth', value: 0, tags: { queue: 'b' } });
    const { series } = await store.getRange({ names: ['depth'], start: now.seconds - 10, end: now.seconds });
    expect(series[0]).toMatchObject({ type: 'gauge' });
    expect(valuesOf(series[0]!)).toEqual([null, 7]);
  });

  it('has count, sum, limits and quantiles of distributions, also of several series together', async () => {
    const store = createStore();
    for (let value = 1; value <= 1000; value += 1) {
      store.record({ type: 'distribution', name: 'size', value, unit: 'By', tags: { odd: value % 2 } });
    }
    const range = { names: ['size'], start: now.seconds - 10, end: now.seconds };
    const { series } = await store.getRange(range);
    const [before, after] = valuesOf(series[0]!);
    expect(before).toEqual({ count: 0, sum: 0, min: null, max: null, p50: null, p95: null, p99: null });
    expect(after).toMatchObject({ count: 1000, sum: 500_500, min: 1, max: 1000 });
    const { p50, p95, p99 } = after as unknown as Record<string, number>;
    for (const [value, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ]) {
      expect(Math.abs(value! / exact! - 1)).toBeLessThan(0.03);
    }
    const odd = await store.getRange({ ...range, tags: { odd: '1' } });
    expect(valuesOf(odd.series[0]!)[1]).toMatchObject({ count: 500, sum: 250_000, min: 1, max: 999 });
    // Quantiles are kept once they are known, and must not outlive the next value.
    store.record({ type: 'distribution', name: 'size', value: 5000, tags: { odd: 1 } });
    const later = await store.getRange({ ...range, tags: { odd: '1' } });
    expect(valuesOf(later.series[0]!)[1]).toMatchObject({ count: 501, max: 5000 });
  });

  it('keeps negative and zero values of distributions, and histograms of either kind', async () => {
    const store = createStore();
    for (let value = -300; value <= 300; value += 1)
      store.record({ type: 'distribution', name: 'delta', value });
    const explicit = {
      buckets: { boundaries: [10, 20], counts: [1, 2, 3] },
      count: 6,
      sum: 120,
      min: 5,
      max: 40,
    };
    const { value } = histogramData('x', explicit).dataPoints[0]!;
    const { buckets, ...totals } = value as typeof explicit;
    store.record({
      type: 'distribution',
      name: 'foreign',
      value: { type: 'explicit', ...buckets, ...totals },
    });
    const { series } = await store.getRange({
      names: ['delta', 'foreign'],
      start: now.seconds,
      end: now.seconds,
    });
    const [delta, foreign] = series.map((each) => valuesOf(each)[0] as unknown as Record<string, number>);
    expect(delta).toMatchObject({ count: 601, min: -300, max: 300, sum: 0 });
    expect(Math.abs(delta!['p50']!)).toBeLessThan(10);
    expect(Math.abs(delta!['p95']! / 270 - 1)).toBeLessThan(0.1);
    expect(foreign).toMatchObject({ count: 6, sum: 120, min: 5, max: 40 });
  });

  it('shows both when a name is a counter and a gauge', async () => {
    const store = createStore();
    store.record({ name: 'both', value: 1 });
    store.record({ type: 'gauge', name: 'both', value: 9 });
    const { series } = await store.getRange({ names: ['both'], start: now.seconds, end: now.seconds });
    expect(series.map(({ type, points }) => [type, points[0]![1]])).toEqual([
      ['counter', 1],
      ['gauge', 9],
    ]);
    expect(await store.names()).toEqual(['both']);
    expect((await store.metrics()).map(({ type }) => type)).toEqual(['counter', 'gauge']);
  });

  it.each([
    [{ environment: 'prod' }, 'there is no option `environment`'],
    [{ names: 'x' }, '`names` must be an array of strings, not a string of 1 character'],
    [{ start: 'yesterday' }, '`start` must be seconds since 1970 or a Date, not a string of 9 characters'],
    [{ end: new Date(Number.NaN) }, '`end` must be seconds since 1970 or a Date'],
    [{ rollupSeconds: 61 }, '`rollupSeconds` must be one of 10, 60, 3600, 86400'],
    [{ rollupSeconds: 10, start: 0 }, 'and 10000 are allowed. Ask for a shorter range, a coarser resolution'],
  ])('refuses %j', async (change, message) => {
    const query = { names: ['x'], start: now.seconds - 10, end: now.seconds, ...change } as never;
    await expect(createStore().getRange(query)).rejects.toThrow(message);
  });
});

describe('getSums', () => {
  it('equals the sum of the range, by name', async () => {
    const store = createStore();
    for (const value of [1, 2, 4]) {
      store.record({ name: 'jobs', value, tags: { value } });
      store.record({ type: 'distribution', name: 'size', value });
      store.record({ type: 'gauge', name: 'depth', value });
      now.seconds += 10;
    }
    const names = ['jobs', 'size', 'depth', 'unknown'];
    const sums = await store.getSums({ names, start: now.seconds - 20, end: now.seconds });
    // Three values, 30, 20 and 10 seconds ago.
    expect([...sums]).toEqual([
      ['jobs', 6],
      ['size', 2],
      ['depth', 0],
      ['unknown', 0],
    ]);
  });
});

describe('rollups', () => {
  it('forget what is older than their history, and nothing before', async () => {
    const store = createStore({
      rollups: [
        [10, 3],
        [60, 3],
      ],
    });
    const first = now.seconds;
    store.record({ name: 'x', value: 1 });
    const ask = async (rollupSeconds: number) => {
      const { series } = await store.getRange({
        names: ['x'],
        start: first,
        end: now.seconds,
        rollupSeconds,
      });
      return valuesOf(series[0]!)[0];
    };
    now.seconds = first + 49;
    expect(await ask(10)).toBe(1);
    now.seconds = first + 50;
    expect(await ask(10)).toBe(0);
    expect(await ask(60)).toBe(1);
    now.seconds = first + 299;
    expect(await ask(60)).toBe(1);
    now.seconds = first + 300;
    expect(await ask(60)).toBe(0);
  });

  it('take late values as long as they reach back to them', async () => {
    const store = createStore({
      rollups: [
        [10, 3],
        [60, 3],
      ],
    });
    store.record({ name: 'x', value: 1 });
    store.record({ name: 'x', value: 2, timeMillis: now.read() - 100_000 });
    store.record({ name: 'x', value: 4, timeMillis: now.read() - 1_000_000 });
    expect(store.stats()).toMatchObject({ exported: { points: 2 }, droppedBy: { expired: { points: 1 } } });
    const { series } = await store.getRange({
      names: ['x'],
      start: now.seconds - 120,
      end: now.seconds,
      rollupSeconds: 60,
    });
    expect(valuesOf(series[0]!)).toEqual([2, 0, 1]);
  });

  it('take a moment in the future for now', async () => {
    const store = createStore();
    store.record({ name: 'x', value: 1, timeMillis: now.read() + 1e9 });
    const { series } = await store.getRange({ names: ['x'], start: now.seconds, end: now.seconds });
    expect(valuesOf(series[0]!)).toEqual([1]);
  });

  it('are chosen so that a short old range is found', async () => {
    const store = createStore();
    store.record({ name: 'x', value: 1 });
    const then = now.seconds;
    now.seconds += 7200;
    const { rollupSeconds, series } = await store.getRange({ names: ['x'], start: then, end: then + 60 });
    expect(rollupSeconds).toBe(60);
    expect(valuesOf(series[0]!)).toEqual([1, 0]);
    expect(store.optimalRollup(now.seconds - 60, now.seconds)).toBe(10);
    expect(
      store.rollup(
        [
          [then, 1],
          [then + 10, 2],
        ],
        3600,
      ),
    ).toEqual([[then, 3]]);
  });
});

describe('bounds', () => {
  it('let go of the series that has been idle longest, and count it', async () => {
    const store = createStore({ maxSeries: 3 });
    for (const name of ['a', 'b', 'c']) {
      store.record({ name, value: 1 });
      now.seconds += 400;
    }
    const { bytes } = store.stats();
    store.record({ name: 'a', value: 1 });
    store.record({ name: 'd', value: 1 });
    expect(await store.names()).toEqual(['a', 'c', 'd']);
    expect(await store.series('b')).toEqual([]);
    expect(store.stats()).toMatchObject({ series: 3, maxSeries: 3, evicted: 1, droppedBy: {}, bytes });
  });

  it('refuse new series while all others are in use, and log it once', async () => {
    const store = createStore({ maxSeries: 2 });
    for (const name of ['a', 'b', 'c', 'd', 'a']) store.record({ name, value: 1 });
    expect(await store.names()).toEqual(['a', 'b']);
    expect(store.stats()).toMatchObject({
      exported: { points: 3 },
      droppedBy: { overflow: { points: 2 } },
      evicted: 0,
    });
    expect(messages.warn).toEqual([
      expect.stringMatching(
        /^TimeseriesStore: refused "c": the store is full with 2 series .* raise the options `maxSeries` \(2\)/,
      ),
    ]);
  });

  it('count everything as received, in points and in amounts, whatever becomes of it', async () => {
    const store = createStore({ maxSeries: 2 });
    store.record({ name: 'a', value: 2 });
    store.record({ name: 'b', type: 'gauge', value: 100 });
    store.record({ name: 'c', value: 4 });
    store.record({ name: '', value: 8 });
    expect(store.stats()).toMatchObject({
      received: { points: 4, amount: 6 },
      exported: { points: 2, amount: 2 },
      pending: { points: 0, amount: 0 },
      dropped: { points: 2, amount: 4 },
      droppedBy: { overflow: { points: 1, amount: 4 }, notRepresentable: { points: 1, amount: 0 } },
      events: { received: { points: 0, amount: 0 }, droppedBy: {} },
    });
    await store.forceFlush();
    expect(await store.flush({ timeoutMillis: 1 })).toEqual({
      exported: 0,
      pending: 0,
      dropped: 0,
      errors: [],
    });
  });

  it('hold for bytes, and a distribution takes more', () => {
    const bytesOf = (type: 'counter' | 'distribution') => {
      const store = createStore();
      store.record({ type, name: 'x', value: 1 });
      return store.stats().bytes;
    };
    expect(bytesOf('distribution')).toBeGreaterThan(20 * bytesOf('counter'));
    const store = createStore({ maxBytes: bytesOf('distribution') * 2 });
    for (const name of ['a', 'b', 'c']) store.record({ type: 'distribution', name, value: 1 });
    const { series, bytes, maxBytes, droppedBy } = store.stats();
    expect({ series, droppedBy }).toEqual({ series: 2, droppedBy: { overflow: { points: 1, amount: 0 } } });
    expect(bytes).toBeLessThanOrEqual(maxBytes);
  });

  it('refuse a series that is too large for an empty store', () => {
    const store = createStore({ maxBytes: 1000 });
    store.record({ name: 'a', value: 1 });
    expect(store.stats()).toMatchObject({ series: 0, bytes: 0, droppedBy: { overflow: { points: 1 } } });
  });
});

describe('record', () => {
  it.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['nothing', () => ({})],
    ['an empty name', () => ({ name: '', value: 1 })],
    ['a long name', () => ({ name: 'x'.repeat(1001), value: 1 })],
    ['a symbol', () => ({ name: Symbol('x'), value: 1 })],
    ['NaN', () => ({ name: 'x', value: Number.NaN })],
    ['a BigInt', () => ({ name: 'x', value: 1n })],
    ['an unknown type', () => ({ name: 'x', value: 1, type: 'set' })],
    ['a histogram as a counter', () => ({ name: 'x', value: { count: 1 } })],
    ['a histogram without buckets', () => ({ name: 'x', type: 'distribution', value: { count: 1 } })],
    [
      'a histogram with a count that is none',
      () => ({
        name: 'x',
        type: 'distribution',
        value: { type: 'explicit', boundaries: [], counts: [Number.NaN], count: 1, sum: 1, min: 1, max: 1 },
      }),
    ],
    ['a time that is none', () => ({ name: 'x', value: 1, timeMillis: Number.NaN })],
    ['a unit that is no text', () => ({ name: 'x', value: 1, unit: 7 })],
    ['a getter that throws', () => Object.defineProperty({ value: 1 }, 'name', { get: () => throwError() })],
  ])('refuses %s without a word to the caller', (_, createRecording) => {
    const store = createStore();
    store.record(createRecording() as never);
    expect(store.stats()).toMatchObject({
      exported: { points: 0 },
      series: 0,
      droppedBy: { notRepresentable: { points: 1 } },
    });
    expect(messages.warn).toHaveLength(1);
  });

  it('refuses what adds up to more than the largest number', async () => {
    const store = createStore();
    for (const type of ['counter', 'distribution', 'gauge'] as const) {
      for (let round = 0; round < 3; round += 1) {
        store.record({ type, name: type, value: Number.MAX_VALUE });
        store.record({ type, name: type, value: 0 });
      }
    }
    // A gauge has nothing to add up.
    expect(store.stats()).toMatchObject({
      exported: { points: 14 },
      droppedBy: { notRepresentable: { points: 4 } },
    });
    const end = now.seconds;
    const { series } = await store.getRange({ names: ['counter', 'distribution'], start: end, end });
    expect(series[0]!.points.at(-1)![1]).toBe(Number.MAX_VALUE);
    expect(series[1]!.points.at(-1)![1]).toMatchObject({ count: 4, sum: Number.MAX_VALUE });
  });

  it('survives any kind of tags', async () => {
    const store = createStore();
    const cycle: Record<string, unknown> = {
      ['__proto__']: 'x',
      symbol: Symbol('x'),
      nothing: undefined,
      list: [1],
    };
    cycle['cycle'] = cycle;
    store.record({ name: '__proto__', value: 1, tags: cycle as Record<string, string> });
    expect(await store.names()).toEqual(['__proto__']);
    const [series] = await store.series('__proto__');
    expect(Object.entries(series!.tags)).toEqual([
      ['__proto__', 'x'],
      ['list', '[1]'],
    ]);
    const range = { names: ['__proto__'], start: now.seconds, end: now.seconds };
    expect([...(await store.getSums(range))]).toEqual([['__proto__', 1]]);
  });
});

describe('options', () => {
  it.each([
    [{ rollups: [] }, '`rollups` must be a list of [seconds, samples]'],
    [
      {
        rollups: [
          [10, 360],
          [15, 10],
        ],
      },
      '`rollups` must be',
    ],
    [
      {
        rollups: [
          [60, 1],
          [10, 1],
        ],
      },
      '`rollups` must be',
    ],
    [{ rollups: [[10, 0]] }, '`rollups` must be'],
    [{ maxSeries: 0 }, '`maxSeries` must be a whole number from 1 to 2147483647, not zero'],
    [{ maxBytes: 1.5 }, '`maxBytes` must be a whole number'],
    [
      { histogramBuckets: 8 },
      '`histogramBuckets` must be a whole number from 16 to 640, not a number of 1 digit',
    ],
    [{ now: 5 }, '`now` must be a function'],
    [{ redis: 5 }, 'TimeseriesStore: `redis` must be an object, not a number of 1 digit'],
    [{ redis: 'http://localhost' }, '`redis.url` must be a URL such as "redis://127.0.0.1:6379"'],
    [{ redis: { url: 'redis://:secret@' } }, '`redis.url` must be a URL'],
    [{ redis: { host: 'x' } }, 'there is no option `redis.host`'],
    [{ redis: { createClient: 'x' } }, '`redis.createClient` must be a function'],
    [
      { redis: { createClient: () => ({}), url: 'redis://x' } },
      '`redis.createClient` must be left out beside `url`',
    ],
    [{ redis: { timeoutMillis: 0 } }, '`redis.timeoutMillis` must be a whole number'],
    [{ retention: 1 }, 'there is no option `retention`'],
  ])('%j is refused', (options, message) => {
    const create = () => new TimeseriesStore(options as never);
    expect(create).toThrow(message);
    expect(create).not.toThrow('secret');
  });
});
