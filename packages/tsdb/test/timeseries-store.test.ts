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

describe('a wrong moment', () => {
  it.each([
    [
      { timestamp: 1_795_345_200_000 },
      /there is no field `timestamp`.*`timeMillis`, milliseconds since 1970/,
    ],
    [
      { timeMillis: 1_795_345_200 },
      /`timeMillis` must be milliseconds since 1970; 1795345200 looks like seconds/,
    ],
    [{ timeMillis: '2026-11-22' }, /`timeMillis` must be a number of milliseconds since 1970/],
  ])('%j is refused, counted, and said', async (fields, message) => {
    const store = createStore();
    store.record({ name: 'x', value: 1 });
    store.record({ name: '', value: 1 });
    for (let each = 0; each < 3; each += 1) store.record({ name: 'x', value: 1, ...fields } as never);
    expect(store.stats()).toMatchObject({
      exported: { points: 1 },
      droppedBy: { notRepresentable: { points: 4 } },
    });
    // Another mistake was logged before, and hides this one not.
    expect(messages.warn).toHaveLength(2);
    expect(messages.warn[1]).toMatch(message);
  });

  it.each(['start', 'end'])('in milliseconds as the `%s` of a range is refused', async (name) => {
    const range = { names: ['x'], start: now.seconds - 60, end: now.seconds, [name]: now.read() };
    await expect(createStore().getRange(range)).rejects.toThrow(
      `\`${name}\` must be seconds since 1970 or a Date; ${now.read()} looks like milliseconds`,
    );
  });
});

describe('delete', () => {
  it('forgets a series by its tags exactly, or a name with all of them', async () => {
    const store = createStore();
    for (const tags of [{}, { queue: 'mail' }, { queue: 'mail', region: 'eu' }]) {
      store.record({ name: 'jobs', value: 1, tags });
    }
    store.record({ type: 'gauge', name: 'jobs', value: 7 });
    const { bytes } = store.stats();
    expect(await store.delete('jobs', { queue: 'mail' })).toBe(1);
    expect(await store.delete('jobs', { queue: 'mail' })).toBe(0);
    expect((await store.series('jobs')).map(({ type, tags }) => [type, tags])).toEqual([
      ['counter', {}],
      ['counter', { queue: 'mail', region: 'eu' }],
      ['gauge', {}],
    ]);
    expect(store.stats().bytes).toBeLessThan(bytes);
    // Both series without tags, whatever their types are.
    expect(await store.delete('jobs', {})).toBe(2);
    expect(await store.delete('jobs')).toBe(1);
    expect(await store.metrics()).toEqual([]);
    expect(store.stats()).toMatchObject({ series: 0, bytes: 0 });
    store.record({ name: 'jobs', value: 1 });
    expect([
      ...(await store.getSums({ names: ['jobs'], start: now.seconds - 60, end: now.seconds })),
    ]).toEqual([['jobs', 1]]);
  });
});

describe('idle names', () => {
  it('are forgotten after their time, and not before', async () => {
    const store = createStore({ idleSeconds: 600 });
    store.record({ name: 'once', value: 1 });
    for (let each = 0; each < 59; each += 1) {
      now.seconds += 10;
      store.record({ name: 'always', value: 1 });
    }
    expect(await store.names()).toEqual(['always', 'once']);
    now.seconds += 100;
    store.record({ name: 'always', value: 1 });
    expect(await store.names()).toEqual(['always']);
    expect(store.stats()).toMatchObject({ series: 1, evicted: 0 });
  });
});

describe('earliest', () => {
  it('is when the store was made, the first recorded moment, or the start of the oldest bucket', async () => {
    const store = createStore({
      rollups: [
        [10, 6],
        [60, 5],
      ],
    });
    const began = now.seconds;
    now.seconds += 30;
    expect(await store.earliest()).toBeNull();
    store.record({ name: 'x', value: 1 });
    expect(await store.earliest()).toBe(began);
    store.record({ name: 'x', value: 1, timeMillis: (began - 100) * 1000 });
    expect(await store.earliest()).toBe(began - 100);
    now.seconds = began + 600;
    // Five buckets of a minute, of which the last has just begun.
    expect(await store.earliest()).toBe(began + 600 - 240);
    const { earliestSeconds, completeUntilSeconds } = await store.getRange({
      names: ['x'],
      start: now.seconds - 60,
      end: now.seconds,
    });
    expect({ earliestSeconds, completeUntilSeconds }).toEqual({
      earliestSeconds: began + 360,
      completeUntilSeconds: now.seconds,
    });
  });
});

describe('a clock that is set back by a day', () => {
  it('keeps new values, gives up what is later by more than a step, and says so once', async () => {
    const store = createStore();
    const day = 86_400;
    const types = ['counter', 'gauge', 'distribution'] as const;
    const recordAll = (value: number): void => {
      for (const type of types) store.record({ type, name: type, value });
    };
    recordAll(1);
    now.seconds += day;
    recordAll(2);
    now.seconds -= day - 600;
    recordAll(4);
    now.seconds += 20;
    recordAll(8);
    expect(messages.warn).toEqual([expect.stringMatching(/the clock was set back by 85800 s.*given up/)]);
    const ask = async (rollupSeconds: number, back: number) => {
      const range = { names: types, start: now.seconds - back, end: now.seconds, rollupSeconds };
      const { series } = await store.getRange(range);
      return series.map((each) =>
        valuesOf(each).map((value) => (typeof value === 'object' ? (value?.count ?? null) : value)),
      );
    };
    expect(await ask(10, 29)).toEqual([
      [4, 0, 8],
      [4, null, 8],
      [1, 0, 1],
    ]);
    expect((await ask(3600, 3599))[0]).toEqual([1 + 4 + 8]);
    // When the day comes, what the wrong clock recorded for it is not there, in any series.
    now.seconds += day - 620;
    expect(await ask(10, 0)).toEqual([[0], [null], [0]]);
    recordAll(16);
    expect(await ask(3600, 0)).toEqual([[16], [16], [1]]);
    expect(store.stats().droppedBy).toEqual({});
    expect(messages.warn).toHaveLength(1);
  });

  it('or by a little changes nothing', async () => {
    const store = createStore();
    store.record({ name: 'x', value: 1 });
    now.seconds -= 5;
    store.record({ name: 'x', value: 2 });
    now.seconds += 5;
    const sums = await store.getSums({ names: ['x'], start: now.seconds - 60, end: now.seconds });
    expect([...sums]).toEqual([['x', 3]]);
    expect(messages.warn).toEqual([]);
  });
});

describe('events', () => {
  it('are kept, the last 200, in the order of their times', async () => {
    const store = createStore();
    for (let each = 0; each < 250; each += 1) {
      now.seconds += 1;
      store.recordEvent({
        title: `Deploy ${each}`,
        text: 'live',
        alertType: 'info',
        tags: { service: 'web', none: null },
      });
    }
    store.recordEvent({ title: 'Late', timeMillis: (now.seconds - 9.5) * 1000 });
    store.recordEvent({ title: 'Future', timeMillis: (now.seconds + 1000) * 1000 });
    const events = await store.events();
    expect(events).toHaveLength(200);
    expect(events[0]!.title).toBe('Deploy 52');
    expect(events.slice(-12).map(({ title }) => title)).toEqual([
      'Late',
      ...Array.from({ length: 10 }, (_, index) => `Deploy ${240 + index}`),
      'Future',
    ]);
    expect(events.at(-2)).toEqual({
      timeSeconds: now.seconds,
      title: 'Deploy 249',
      text: 'live',
      alertType: 'info',
      tags: { service: 'web' },
    });
    expect(events.at(-1)!.timeSeconds).toBe(now.seconds);
    expect(store.stats().events).toMatchObject({
      received: { points: 252 },
      exported: { points: 252 },
      droppedBy: {},
    });
  });

  it('that are none are refused, counted, and each kind said once; long ones are cut', async () => {
    const store = createStore();
    for (const event of [
      null,
      {},
      { title: '' },
      { title: 'x', alertType: 'loud' },
      { title: 'x', timeMillis: 'now' },
      { title: 'x', timeMillis: now.seconds },
      { title: 'x', timestamp: now.seconds * 1000 },
    ]) {
      store.recordEvent(event as never);
    }
    store.recordEvent({ title: 'x', tags: { long: 'y'.repeat(5000) } });
    store.recordEvent({ title: 't'.repeat(300), text: 'x'.repeat(5000) });
    const [event, ...others] = await store.events();
    expect(others).toEqual([]);
    expect([event!.title, event!.text].map((text) => [text.length, text.at(-1)])).toEqual([
      [200, '…'],
      [4000, '…'],
    ]);
    expect(store.stats().events).toMatchObject({
      received: { points: 9 },
      exported: { points: 1 },
      droppedBy: { notRepresentable: { points: 8 } },
    });
    const reasons = [
      'An event needs a `title`',
      '`timeMillis` must be a number of milliseconds',
      `\`timeMillis\` must be milliseconds since 1970; ${now.seconds} looks like seconds`,
      'there is no field `timestamp`. An event needs a `title`',
    ];
    expect(messages.warn).toEqual(
      reasons.map((reason) => expect.stringContaining(`refused an event: ${reason}`)),
    );
  });

  it('cuts no character of a long title in two', async () => {
    const store = createStore();
    store.recordEvent({ title: `${'x'.repeat(198)}🚀🚀` });
    expect((await store.events()).map(({ title }) => title)).toEqual([`${'x'.repeat(198)}…`]);
  });
});

describe('a type', () => {
  it('tells metrics of one name apart', async () => {
    const store = createStore();
    store.record({ name: 'both', value: 1 });
    store.record({ type: 'distribution', name: 'both', value: 9 });
    const range = { names: ['both'], start: now.seconds, end: now.seconds };
    expect((await store.getRange({ ...range, type: 'distribution' })).series.map(({ type }) => type)).toEqual(
      ['distribution'],
    );
    expect((await store.getSums({ ...range, type: 'counter' })).get('both')).toBe(1);
    expect((await store.getSums(range)).get('both')).toBe(2);
    expect(await store.series('both', 'counter')).toHaveLength(1);
    await expect(store.getRange({ ...range, type: 'set' as never })).rejects.toThrow('`type` must be one of');
  });
});
