// What holds only where metrics go to the instruments of a MeterProvider.
import { AggregationType, createAllowListAttributesProcessor } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '../src/index.ts';
import { boundsFor } from '../src/time-unit.ts';
import { forgetWhatWasLogged, ManualReader, providerOf, setUp, values } from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('instruments', () => {
  it('get increments at a collection', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 1_000; call += 1) metrics.incr('orders');
    expect(metrics.stats()).toMatchObject({ recorded: 1_000, handed: 1, held: 999 });
    expect(values(await reader.points())).toEqual({ 'orders{}': 1_000 });
    expect(metrics.stats()).toMatchObject({ recorded: 1_000, handed: 1_000, held: 0 });
  });

  it('get every call at once where holding is turned off', () => {
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, hold: false });
    for (let call = 0; call < 1_000; call += 1) metrics.incr('orders');
    expect(metrics.stats()).toMatchObject({ handed: 1_000, held: 0 });
  });

  it('of readers that collect at the same time share one drain', async () => {
    // The clock jumps at each look, so that every slice of the drain ends at its first look at it.
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 100));
    const readers = [new ManualReader(), new ManualReader()];
    const meterProvider = providerOf(readers);
    const metrics = createMetrics({ meterProvider });
    for (let round = 0; round < 3; round += 1) {
      for (let series = 0; series < 1_000; series += 1) metrics.incr('orders', 1, { tags: { series } });
    }
    let turns = 0;
    let isCollecting = true;
    const countTurns = (): void => {
      turns += 1;
      if (isCollecting) setImmediate(countTurns);
    };
    setImmediate(countTurns);
    const collected = await Promise.all(readers.map((reader) => reader.points()));
    isCollecting = false;
    for (const points of collected) {
      expect(points).toHaveLength(1_000);
      expect(points.every(({ value }) => value === 3)).toBe(true);
    }
    // 1,000 cells are looked after in slices of 64: the event loop turned in between.
    expect(turns).toBeGreaterThanOrEqual(15);
    // And only once: two looks at the clock for each of the 16 slices, and a few by the SDK. Twice would be 64.
    expect(clock / 100).toBeLessThan(48);
  });

  it('have intervals that start when a value was recorded and end after it, for series that pause too', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const at = (seconds: number): void => void vi.setSystemTime(seconds * 1_000);
    const interval = async (seconds: number): Promise<unknown> => {
      at(seconds);
      const points = await reader.points();
      return points.map(({ value, startMillis, endMillis }) => [value, startMillis / 1e3, endMillis / 1e3]);
    };
    at(3);
    metrics.incr('orders');
    metrics.incr('orders');
    expect(await interval(10)).toEqual([[2, 3, 10]]);
    at(14);
    metrics.incr('orders');
    metrics.incr('orders');
    expect(await interval(20)).toEqual([[2, 10, 20]]);
    expect(await interval(30)).toEqual([]);
    expect(await interval(40)).toEqual([]);
    at(45);
    metrics.incr('orders');
    at(49);
    metrics.incr('orders');
    expect(await interval(50)).toEqual([[2, 45, 50]]);
    at(55);
    metrics.incr('orders');
    expect(await interval(60)).toEqual([[1, 50, 60]]);
  });

  it('of a provider that refuses the place where sums are handed over get every call at once', async () => {
    const { reader, meterProvider } = setUp();
    const meter = meterProvider.getMeter('own');
    meter.createObservableGauge = () => {
      throw new Error('no');
    };
    const own = createMetrics({ meterProvider, scope: 'own' });
    for (let call = 0; call < 3; call += 1) own.incr('a');
    expect(own.stats()).toMatchObject({ recorded: 3, handed: 3, held: 0 });
    expect(values(await reader.points())).toEqual({ 'a{}': 3 });
  });

  it('are advised of bounds of buckets of their own for units of time', () => {
    expect(boundsFor('ms')).toBeUndefined();
    expect(boundsFor('By')).toBeUndefined();
    const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
    expect(boundsFor('s')).toEqual(seconds);
    expect(boundsFor('us')?.slice(0, 2)).toEqual([5_000, 10_000]);
    expect(boundsFor('min')?.at(-1)).toBe(10_000 / 60_000);
    const { meterProvider } = setUp();
    const advised: unknown[] = [];
    const meter = meterProvider.getMeter('own');
    const createHistogram = meter.createHistogram.bind(meter);
    meter.createHistogram = (name, options) => {
      advised.push(options?.advice?.explicitBucketBoundaries);
      return createHistogram(name, options);
    };
    const metrics = createMetrics({ meterProvider, scope: 'own' });
    metrics.timing('a', 1, { unit: 's' });
    metrics.distribution('b', 1, { unit: 's' });
    metrics.timing('c', 1);
    createMetrics({ meterProvider, scope: 'own', timingUnit: 's' }).timing('d', 1);
    expect(advised).toEqual([seconds, seconds, undefined, seconds]);
  });
});

describe('Views', () => {
  it('that rename, drop, filter and split keep the totals', async () => {
    const { reader, meterProvider } = setUp({
      views: [
        { instrumentName: 'orders', name: 'orders.renamed' },
        { instrumentName: 'secret', aggregation: { type: AggregationType.DROP } },
        { instrumentName: 'hits', attributesProcessors: [createAllowListAttributesProcessor(['route'])] },
        { instrumentName: 'twice', name: 'twice.a' },
        { instrumentName: 'twice', name: 'twice.b' },
      ],
    });
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 12; call += 1) {
      metrics.incr('orders', 2);
      metrics.incr('secret');
      metrics.incr('hits', 1, { tags: { route: call % 2 === 0 ? '/' : '/cart', user: call } });
      metrics.incr('twice', 3);
    }
    expect(values(await reader.points())).toEqual({
      'orders.renamed{}': 24,
      'hits{route=/}': 6,
      'hits{route=/cart}': 6,
      'twice.a{}': 36,
      'twice.b{}': 36,
    });
    expect(metrics.stats()).toMatchObject({ recorded: 48, handed: 48, held: 0 });
  });

  it('that drop everything still let the sums go', async () => {
    const { reader, meterProvider } = setUp({
      views: [{ instrumentName: '*', aggregation: { type: AggregationType.DROP } }],
    });
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 5; call += 1) metrics.incr('orders');
    expect(await reader.points()).toEqual([]);
    expect(metrics.stats()).toMatchObject({ handed: 5, held: 0 });
  });
});
