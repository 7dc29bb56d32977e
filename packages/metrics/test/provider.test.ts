import { metrics as api, createNoopMeter } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configureMetrics, createMetrics, metrics } from '../src/index.ts';
import {
  forgetWhatWasLogged,
  ManualReader,
  providerOf,
  resetDefaultMetrics,
  setUp,
  values,
  warnings,
} from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(resetDefaultMetrics);

describe('before there is a MeterProvider', () => {
  it('every kind of call is kept, and is there at the forceFlush that follows the registration', async () => {
    metrics.incr('orders', 2, { tags: { plan: 'pro' } });
    metrics.incr('orders', 3, { tags: { plan: 'pro' } });
    metrics.upDown('active', -1);
    metrics.gauge('depth', 7);
    metrics.gauge('depth', 8);
    metrics.timing('query', 10);
    metrics.timing('query', 20);
    onTestFinished(metrics.observe('size', () => 42));
    metrics.counter('hits').incr(4);
    expect(metrics.stats()).toMatchObject({ recorded: 8, handed: 0, held: 8 });
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    await meterProvider.forceFlush();
    expect(reader.flushed.map(values)).toEqual([
      {
        'orders{plan=pro}': 5,
        'active{}': -1,
        'depth{}': 8,
        'query{}': 30,
        'size{}': 42,
        'hits{}': 4,
      },
    ]);
    expect(metrics.stats()).toMatchObject({ recorded: 9, handed: 9, held: 0 });
  });

  it('what is internal stays so at the provider, also where that knows the name already', () => {
    const { meterProvider } = setUp();
    createMetrics({ meterProvider }).incr('orders');
    metrics.incr('orders', 1, { internal: true });
    metrics.timing('query', 1, { internal: true });
    metrics.incr('logins');
    expect(metrics.isInternal('query')).toBe(true);
    api.setGlobalMeterProvider(meterProvider);
    const names = ['orders', 'query', 'logins'];
    expect(names.filter((name) => metrics.isInternal(name))).toEqual(['orders', 'query']);
  });

  it('is bounded for values that do not add up, and what is beyond is counted', async () => {
    const logged = warnings();
    for (let call = 0; call < 12_000; call += 1) {
      metrics.timing('query', 1);
      metrics.incr('orders');
    }
    expect(metrics.stats()).toMatchObject({
      recorded: 24_000,
      held: 22_000,
      refused: { 'no-provider': 2_000 },
    });
    expect(logged.filter((line) => line.includes('before a MeterProvider was registered'))).toHaveLength(1);
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    expect(values(await reader.points())).toEqual({ 'query{}': 10_000, 'orders{}': 12_000 });
    expect(metrics.stats()).toMatchObject({
      recorded: 24_000,
      handed: 22_000,
      refused: { 'no-provider': 2_000 },
    });
  });

  it('tags that were left out are counted, and still are after the registration', async () => {
    warnings();
    const waiting = createMetrics();
    waiting.incr('orders', 1, { tags: { plan: 'pro', list: [1] as never } });
    expect(waiting.stats().droppedTags).toBe(1);
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    await reader.points();
    expect(waiting.stats()).toMatchObject({ handed: 1, droppedTags: 1 });
  });

  it('keeps the overflow series', async () => {
    const own = createMetrics({ maxSeriesPerMetric: 10 });
    for (let series = 0; series < 25; series += 1) own.incr('orders', 1, { tags: { series } });
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    const points = await reader.points();
    expect(points).toHaveLength(10);
    expect(values(points)).toMatchObject({ 'orders{otel.metric.overflow=true}': 16 });
  });

  it('counts what the new MeterProvider knows as another kind, the overflow series too', async () => {
    const logged = warnings();
    const waiting = createMetrics({ maxSeriesPerMetric: 10 });
    for (let series = 0; series < 25; series += 1) waiting.incr('orders', 1, { tags: { series } });
    const { reader, meterProvider } = setUp();
    createMetrics({ meterProvider }).gauge('orders', 1);
    api.setGlobalMeterProvider(meterProvider);
    await reader.points();
    expect(waiting.stats()).toMatchObject({
      recorded: 26,
      handed: 1,
      held: 0,
      refused: { 'kind-conflict': 25 },
    });
    expect(logged.some((line) => line.includes("'orders' is of another kind"))).toBe(true);
  });

  it('makes no global of its own for the OpenTelemetry API', () => {
    const key = Symbol.for('opentelemetry.js.api.1');
    const before = (globalThis as Record<symbol, { metrics?: unknown } | undefined>)[key];
    expect(before?.metrics).toBeUndefined();
    metrics.incr('orders');
    expect((globalThis as Record<symbol, { metrics?: unknown } | undefined>)[key]?.metrics).toBeUndefined();
  });
});

describe('the global MeterProvider', () => {
  it('may be disabled and replaced: everything arrives at the one of its time', async () => {
    const first = setUp();
    const second = setUp();
    const hits = metrics.counter('hits');
    onTestFinished(metrics.observe('size', () => 1));
    api.setGlobalMeterProvider(first.meterProvider);
    for (let call = 0; call < 3; call += 1) {
      metrics.incr('orders');
      hits.incr();
    }
    api.disable();
    for (let call = 0; call < 5; call += 1) {
      metrics.incr('orders');
      hits.incr();
    }
    await first.meterProvider.shutdown();
    api.setGlobalMeterProvider(second.meterProvider);
    await second.meterProvider.forceFlush();
    for (let call = 0; call < 7; call += 1) {
      metrics.incr('orders');
      hits.incr();
    }
    await second.meterProvider.shutdown();
    expect(first.reader.flushed.map(values)).toEqual([{ 'orders{}': 3, 'hits{}': 3, 'size{}': 1 }]);
    expect(second.reader.flushed.map(values)).toEqual([
      { 'orders{}': 5, 'hits{}': 5, 'size{}': 1 },
      { 'orders{}': 7, 'hits{}': 7, 'size{}': 1 },
    ]);
  });

  it('is found when it came through another copy of the API', async () => {
    createMetrics().incr('orders', 3);
    const { reader, meterProvider } = setUp();
    // What another copy of the API does: it writes to the global that all copies share.
    api.setGlobalMeterProvider({ getMeter: () => createNoopMeter() });
    const holder = globalThis as Record<symbol, Record<string, unknown>>;
    holder[Symbol.for('opentelemetry.js.api.1')]!['metrics'] = meterProvider;
    expect(values(await reader.points())).toEqual({ 'orders{}': 3 });
  });

  it('is found at the next new series when another copy of the API disabled the former one', async () => {
    const [first, second] = [setUp(), setUp()];
    api.setGlobalMeterProvider(first.meterProvider);
    metrics.incr('orders');
    const holder = globalThis as Record<symbol, Record<string, unknown>>;
    const registered = holder[Symbol.for('opentelemetry.js.api.1')]!;
    delete registered['metrics'];
    registered['metrics'] = second.meterProvider;
    metrics.incr('orders', 2, { tags: { plan: 'pro' } });
    metrics.incr('orders', 4);
    expect(values(await second.reader.points())).toEqual({ 'orders{plan=pro}': 2, 'orders{}': 4 });
  });

  it('that was shut down before it was registered is waited out', async () => {
    const ended = providerOf([new ManualReader()]);
    await ended.shutdown();
    warnings();
    api.setGlobalMeterProvider(ended);
    metrics.incr('orders');
    expect(metrics.stats().held).toBe(1);
    api.disable();
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
  });
});

describe('configureMetrics', () => {
  it('applies to calls, children and bound counters from then on', async () => {
    const child = metrics.child({ prefix: 'mail.', tags: { team: 'growth' } });
    const hits = metrics.counter('hits');
    const { reader, meterProvider } = setUp();
    api.setGlobalMeterProvider(meterProvider);
    configureMetrics({ prefix: 'a.', tags: { region: 'eu' } });
    metrics.incr('orders');
    child.incr('sent');
    hits.incr();
    configureMetrics({ prefix: 'b.' });
    metrics.incr('orders');
    child.incr('sent');
    hits.incr();
    expect(values(await reader.points())).toEqual({
      'a.orders{region=eu}': 1,
      'a.mail.sent{region=eu,team=growth}': 1,
      'a.hits{region=eu}': 1,
      'b.orders{}': 1,
      'b.mail.sent{team=growth}': 1,
      'b.hits{}': 1,
    });
  });

  it('may name another MeterProvider', async () => {
    const { reader, meterProvider } = setUp();
    configureMetrics({ meterProvider });
    metrics.incr('orders');
    expect(values(await reader.points())).toEqual({ 'orders{}': 1 });
  });

  it('throws on what createMetrics throws on', () => {
    expect(() => configureMetrics({ prefix: 5 } as never)).toThrow(
      'configureMetrics: `prefix` must be a string, not a number of 1 digit',
    );
  });
});
