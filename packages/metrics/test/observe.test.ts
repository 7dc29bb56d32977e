import { metrics as api } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { configureMetrics, createMetrics, metrics } from '../src/index.ts';
import { shared } from '../src/shared.ts';
import { forgetWhatWasLogged, ManualReader, providerOf, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(() => {
  api.disable();
  configureMetrics({});
});

describe('observe', () => {
  it('gives the place of its series back', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const own = createMetrics({ meterProvider, maxSeriesPerMetric: 10 });
    for (let job = 0; job < 3_000; job += 1) own.observe('depth', () => job, { tags: { job } })();
    own.observe('depth', () => 1, { tags: { job: 'a' } });
    own.observe('depth', () => 2, { tags: { job: 'b' } });
    expect(values(await reader.points())).toEqual({ 'depth{job=a}': 1, 'depth{job=b}': 2 });
    expect(own.stats()).toMatchObject({ series: 2, overflowed: 0 });
    expect(logged).toEqual([]);
  });

  it('a second time for a series takes the place of the first, whose end does nothing then', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const own = createMetrics({ meterProvider });
    const stopFirst = own.observe('depth', () => 1);
    const followers = shared.followers.size;
    for (let reload = 0; reload < 1_000; reload += 1) own.observe('depth', () => 2);
    const stopLast = own.observe('depth', () => 3);
    expect(shared.followers.size).toBe(followers);
    stopFirst();
    expect(values(await reader.points())).toEqual({ 'depth{}': 3 });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('takes the place of the former');
    expect(own.stats()).toMatchObject({ recorded: 1, handed: 1 });
    stopLast();
    expect(await reader.points()).toEqual([]);
  });

  it('keeps the tags of its scope at another provider', async () => {
    const { reader, meterProvider } = setUp();
    const stop = metrics.withTags({ tenant: 'acme' }, () => metrics.observe('depth', () => 1));
    metrics.withTags({ tenant: 'other' }, () => api.setGlobalMeterProvider(meterProvider));
    expect(values(await reader.points())).toEqual({ 'depth{tenant=acme}': 1 });
    stop();
  });

  it('is read by a provider that was disabled, until there is another one', async () => {
    const [first, second] = [setUp(), setUp()];
    api.setGlobalMeterProvider(first.meterProvider);
    const stop = metrics.observe('depth', () => 1);
    api.disable();
    metrics.incr('orders');
    expect(values(await first.reader.points())).toEqual({ 'depth{}': 1 });
    api.setGlobalMeterProvider(second.meterProvider);
    expect(await first.reader.points()).toEqual([]);
    expect(values(await second.reader.points())).toEqual({ 'depth{}': 1, 'orders{}': 1 });
    api.disable();
    metrics.incr('orders');
    // Without a provider, and under several names: it has one place all the same.
    for (const prefix of ['a.', 'b.', 'c.']) configureMetrics({ prefix });
    expect(metrics.stats()).toMatchObject({ series: 2 });
    stop();
    expect(metrics.stats()).toMatchObject({ series: 1 });
    expect(await second.reader.points()).toEqual([]);
    api.setGlobalMeterProvider(setUp().meterProvider);
    expect(metrics.stats()).toMatchObject({ series: 1 });
  });

  it('that never settles is left out by its name, and the rest arrives', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const own = createMetrics({ meterProvider, observeTimeoutMillis: 1 });
    let settle = (_value: number): void => undefined;
    own.observe('hangs', () => new Promise<number>((resolve) => (settle = resolve)));
    own.observe('depth', async () => 5);
    own.incr('orders');
    expect(values(await reader.points())).toEqual({ 'depth{}': 5, 'orders{}': 1 });
    expect(own.stats()).toMatchObject({ recorded: 3, handed: 2, refused: { timeout: 1 } });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("observe('hangs') has not settled after 1 ms");
    // It is not asked again before it has settled, and no collection waits for it.
    expect(values(await reader.points())).toEqual({ 'depth{}': 5 });
    expect(own.stats()).toMatchObject({ recorded: 5, handed: 3, refused: { timeout: 2 } });
    settle(7);
    await Promise.resolve();
    own.observe('hangs', () => 8);
    expect(values(await reader.points())).toEqual({ 'hangs{}': 8, 'depth{}': 5 });
  });

  it('holds up no collection any more when it is stopped, and is counted nowhere', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const own = createMetrics({ meterProvider, observeTimeoutMillis: 2 ** 30 });
    const stop = own.observe('hangs', () => new Promise<number>(() => undefined));
    own.incr('orders');
    const collected = reader.points();
    stop();
    expect(values(await collected)).toEqual({ 'orders{}': 1 });
    expect(own.stats()).toMatchObject({ recorded: 1, handed: 1, refused: {} });
    expect(logged).toEqual([]);
  });

  it('makes no collection wait twice', async () => {
    warnings();
    const { reader, meterProvider } = setUp();
    configureMetrics({ meterProvider, observeTimeoutMillis: 1 });
    const stop = metrics.observe('hangs', () => new Promise<number>(() => undefined));
    await reader.points();
    // Whoever waited now would wait for days.
    configureMetrics({ meterProvider, observeTimeoutMillis: 2 ** 30 });
    expect(await reader.points()).toEqual([]);
    expect(metrics.stats().refused).toEqual({ timeout: 2 });
    stop();
  });

  it('waits by Node’s own timers, so that a fake clock can not hang a collection', async () => {
    vi.useFakeTimers();
    try {
      warnings();
      const { reader, meterProvider } = setUp();
      const own = createMetrics({ meterProvider, observeTimeoutMillis: 1 });
      own.observe('hangs', () => new Promise<number>(() => undefined));
      own.incr('orders');
      expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
    } finally {
      vi.useRealTimers();
    }
  });

  it('is read once for readers that collect at the same time', async () => {
    const readers = [new ManualReader(), new ManualReader()];
    const own = createMetrics({ meterProvider: providerOf(readers) });
    let readings = 0;
    let settle = (_value: number): void => undefined;
    own.observe('depth', () => {
      readings += 1;
      return new Promise<number>((resolve) => (settle = resolve));
    });
    const both = Promise.all(readers.map(async (reader) => reader.points()));
    await new Promise(setImmediate);
    settle(5);
    expect((await both).map(values)).toEqual([{ 'depth{}': 5 }, { 'depth{}': 5 }]);
    expect(readings).toBe(1);
    expect(own.stats()).toMatchObject({ recorded: 2, handed: 2 });
  });
});

describe('a rule that throws', () => {
  const failing = (): never => {
    throw new Error('no');
  };

  it('denies the tag, is counted and said once, and reaches nobody', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    configureMetrics({ tagRules: { deny: failing } });
    const hits = metrics.counter('hits', { user: 1 });
    for (let call = 0; call < 3; call += 1) hits.incr();
    const stop = metrics.observe('depth', () => 4, { tags: { user: 1 } });
    metrics.incr('orders', 1, { tags: { user: 1 } });
    api.setGlobalMeterProvider(meterProvider);
    configureMetrics({ tagRules: { deny: failing }, prefix: 'p.' });
    expect(values(await reader.points())).toEqual({ 'hits{}': 3, 'orders{}': 1, 'p.depth{}': 4 });
    expect(metrics.stats().hookErrors).toBeGreaterThan(0);
    expect(logged.filter((line) => line.includes('a function of the tag rules threw'))).toHaveLength(1);
    stop();
  });

  it('is asked again at the next call', async () => {
    warnings();
    const { reader, meterProvider } = setUp();
    let isBroken = true;
    const own = createMetrics({ meterProvider, tagRules: { deny: () => (isBroken ? failing() : false) } });
    own.incr('orders', 1, { tags: { user: 1 } });
    isBroken = false;
    own.incr('orders', 2, { tags: { user: 1 } });
    expect(values(await reader.points())).toEqual({ 'orders{}': 1, 'orders{user=1}': 2 });
  });

  it('that asks for errors gets them in the call, and nowhere else', () => {
    const logged = warnings();
    const { meterProvider } = setUp();
    configureMetrics({ tagRules: { deny: ['user'] } });
    const stop = metrics.observe('depth', () => 4, { tags: { user: 1 } });
    configureMetrics({ tagRules: { deny: ['user'], onViolation: 'throw' } });
    api.setGlobalMeterProvider(meterProvider);
    expect(logged.some((line) => line.includes('could not follow'))).toBe(true);
    stop();
  });
});
