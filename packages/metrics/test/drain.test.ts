import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMetrics } from '../src/index.ts';
import { forgetWhatWasLogged, ManualReader, providerOf, setUp, values, warnings } from './collect.ts';

beforeEach(forgetWhatWasLogged);
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('holding', () => {
  it('is left to the OpenTelemetry SDK: another provider gets every call at once', () => {
    const added: unknown[] = [];
    const meter = {
      createCounter: () => ({ add: (...call: unknown[]) => added.push(call) }),
      createObservableGauge: () => {
        throw new Error('nobody asked for one');
      },
    };
    const metrics = createMetrics({ meterProvider: { getMeter: () => meter } as never });
    metrics.incr('orders');
    metrics.incr('orders', 2, { tags: { plan: 'pro' } });
    expect(added).toEqual([
      [1, {}],
      [2, { plan: 'pro' }],
    ]);
    expect(metrics.stats()).toMatchObject({ handed: 2, held: 0 });
  });

  it('counts what the SDK throws', () => {
    const meter = {
      createCounter: () => ({
        add: () => {
          throw new Error('no');
        },
      }),
    };
    const metrics = createMetrics({ meterProvider: { getMeter: () => meter } as never });
    metrics.incr('orders');
    expect(metrics.stats()).toMatchObject({ recorded: 1, handed: 0, refused: { error: 1 } });
  });
});

describe('readers', () => {
  it('of different temporality and pace all see exact totals', async () => {
    const delta = new ManualReader(AggregationTemporality.DELTA);
    const slow = new ManualReader(AggregationTemporality.DELTA);
    const cumulative = new ManualReader(AggregationTemporality.CUMULATIVE);
    const meterProvider = providerOf([delta, slow, cumulative]);
    const metrics = createMetrics({ meterProvider });
    let recorded = 0;
    let fromDelta = 0;
    let fromSlow = 0;
    let fromCumulative = 0;
    for (let round = 0; round < 30; round += 1) {
      for (let call = 0; call < round % 5; call += 1) {
        metrics.incr('orders', round, { tags: { shard: call % 2 } });
        recorded += round;
      }
      for (const { value } of await delta.points()) fromDelta += value;
      if (round % 7 === 6) for (const { value } of await slow.points()) fromSlow += value;
      if (round % 3 === 2) {
        fromCumulative = (await cumulative.points()).reduce((sum, { value }) => sum + value, 0);
      }
    }
    for (const { value } of await slow.points()) fromSlow += value;
    expect({ fromDelta, fromSlow, fromCumulative }).toEqual({
      fromDelta: recorded,
      fromSlow: recorded,
      fromCumulative: recorded,
    });
  });

  it('lose nothing that is recorded while a drain runs', async () => {
    let clock = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (clock += 100));
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let round = 0; round < 2; round += 1) {
      for (let series = 0; series < 500; series += 1) metrics.incr('orders', 1, { tags: { series } });
    }
    let recorded = 1_000;
    let isCollecting = true;
    const record = (): void => {
      if (!isCollecting) return;
      // Series already drained, series not drained yet, and new ones.
      for (const series of [0, 499, `new ${recorded}`]) metrics.incr('orders', 1, { tags: { series } });
      recorded += 3;
      setImmediate(record);
    };
    setImmediate(record);
    const first = await reader.points();
    isCollecting = false;
    const second = await reader.points();
    const total = [...first, ...second].reduce((sum, { value }) => sum + value, 0);
    expect(recorded).toBeGreaterThan(1_000);
    expect(total).toBe(recorded);
    expect(first.every(({ startMillis, endMillis }) => startMillis <= endMillis)).toBe(true);
    expect(metrics.stats()).toMatchObject({ recorded, handed: recorded, held: 0 });
  });

  it('get everything at forceFlush and at shutdown', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let call = 0; call < 10; call += 1) metrics.incr('orders');
    await meterProvider.forceFlush();
    for (let call = 0; call < 5; call += 1) metrics.incr('orders');
    await meterProvider.shutdown();
    expect(reader.flushed.map(values)).toEqual([{ 'orders{}': 10 }, { 'orders{}': 5 }]);
  });
});

describe('several', () => {
  it('Metrics of one provider add to the same series', async () => {
    const { reader, meterProvider } = setUp();
    const first = createMetrics({ meterProvider });
    const second = createMetrics({ meterProvider, prefix: 'shop.' });
    const third = first.child({ prefix: 'shop.', tags: { plan: 'pro' } });
    for (let call = 0; call < 10; call += 1) {
      first.incr('shop.orders', 1, { tags: { plan: 'pro' } });
      second.incr('orders', 10, { tags: { plan: 'pro' } });
      third.incr('orders', 100);
      third.counter('orders').incr(1_000);
    }
    expect(values(await reader.points())).toEqual({ 'shop.orders{plan=pro}': 11_110 });
    expect(second.stats()).toMatchObject({ recorded: 40, handed: 40, held: 0, metrics: 1, series: 1 });
  });

  it('Meters each hand over their own', async () => {
    const { reader, meterProvider } = setUp();
    const scopes = ['a', 'b', 'c'].map((scope) => createMetrics({ meterProvider, scope }));
    for (let call = 0; call < 7; call += 1)
      scopes.forEach((metrics, index) => metrics.incr('orders', index + 1));
    const points = await reader.points();
    expect(Object.fromEntries(points.map(({ scope, value }) => [scope, value]))).toEqual({
      a: 7,
      b: 14,
      c: 21,
    });
  });

  it('providers are kept apart', async () => {
    const first = setUp();
    const second = setUp();
    createMetrics({ meterProvider: first.meterProvider }).incr('orders', 1);
    createMetrics({ meterProvider: second.meterProvider }).incr('orders', 2);
    expect(values(await first.reader.points())).toEqual({ 'orders{}': 1 });
    expect(values(await second.reader.points())).toEqual({ 'orders{}': 2 });
  });
});

describe('intervals', () => {
  it('are right for a second, slower reader', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const fast = new ManualReader();
    const slow = new ManualReader();
    const metrics = createMetrics({ meterProvider: providerOf([fast, slow]) });
    const total = { fast: 0, slow: 0 };
    for (let second = 1; second <= 120; second += 1) {
      vi.setSystemTime(second * 1_000);
      if (second % 13 < 4) metrics.incr('orders');
      if (second % 7 === 0) await look('fast', fast);
      if (second % 20 === 0) await look('slow', slow);
    }
    await look('fast', fast);
    async function look(name: keyof typeof total, reader: ManualReader): Promise<void> {
      for (const { value, startMillis, endMillis } of await reader.points()) {
        total[name] += value;
        expect(startMillis).toBeLessThanOrEqual(endMillis);
        expect(startMillis).toBeGreaterThan(endMillis - 40_000);
      }
    }
    expect(total.fast).toBe(total.slow);
    expect(total.fast).toBe(39);
  });
});

describe('cardinality', () => {
  it('past the budget goes into the overflow series, with one warning that names the tag', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let round = 0; round < 2; round += 1) {
      for (let user = 0; user < 2_500; user += 1) {
        metrics.incr('logins', 1, { tags: { plan: user % 3, user: `user-${user}` } });
      }
    }
    const points = await reader.points();
    const overflow = points.filter(({ tags }) => tags['otel.metric.overflow'] === true);
    expect(points).toHaveLength(2_000);
    expect(points.reduce((sum, { value }) => sum + value, 0)).toBe(5_000);
    expect(overflow.map(({ value }) => value)).toEqual([2 * 501]);
    expect(metrics.stats()).toMatchObject({ recorded: 5_000, handed: 5_000, overflowed: 1_002 });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(
      /'logins'.*budget of 2000 series.*tag 'user' has 1999 values \('user-0', 'user-1'/,
    );
  });

  it('holds for every kind', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 10 });
    for (let series = 0; series < 25; series += 1) {
      const options = { tags: { series } };
      metrics.upDown('active', 1, options);
      metrics.timing('query', 2, options);
      metrics.gauge('depth', series, options);
      metrics.observe('size', () => series, options);
    }
    const points = await reader.points();
    for (const name of ['active', 'query', 'depth', 'size']) {
      expect(points.filter((point) => point.name === name)).toHaveLength(10);
    }
    expect(values(points)).toMatchObject({
      'active{otel.metric.overflow=true}': 16,
      'query{otel.metric.overflow=true}': 32,
      'depth{otel.metric.overflow=true}': 24,
    });
  });

  it('of names is bounded and counted', async () => {
    const logged = warnings();
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    for (let name = 0; name < 20_000; name += 1) metrics.incr(`metric.${name}`);
    expect(await reader.points()).toHaveLength(1_000);
    expect(metrics.stats()).toMatchObject({
      recorded: 20_000,
      handed: 1_000,
      metrics: 1_000,
      refused: { 'too-many-metrics': 19_000 },
    });
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("'metric.1000'");
  });

  it('makes room when series fall silent, but not for those that the SDK never forgets', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 100 });
    for (let generation = 0; generation < 3; generation += 1) {
      for (let series = 0; series < 99; series += 1) {
        const options = { tags: { series: `${generation}-${series}` } };
        metrics.incr('orders', 1, options);
        metrics.gauge('depth', 1, options);
        metrics.timing('query', 1, options);
        metrics.upDown('active', 1, options);
      }
      const points = await reader.points();
      const overflowing = new Set(
        points.filter(({ tags }) => tags['otel.metric.overflow'] === true).map(({ name }) => name),
      );
      expect([...overflowing]).toEqual(generation === 0 ? [] : ['active']);
      for (let round = 0; round < 31; round += 1) await reader.points();
    }
    expect(metrics.stats().series).toBe(99);
  });

  it('gives a series that was beyond the budget its own place when there is room', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 3 });
    for (const user of ['a', 'b', 'c']) metrics.incr('logins', 1, { tags: { user } });
    expect(values(await reader.points())).toEqual({
      'logins{user=a}': 1,
      'logins{user=b}': 1,
      'logins{otel.metric.overflow=true}': 1,
    });
    for (let round = 0; round < 31; round += 1) await reader.points();
    metrics.incr('logins', 1, { tags: { user: 'c' } });
    expect(values(await reader.points())).toEqual({ 'logins{user=c}': 1 });
  });

  it('keeps the place of a series for 30 collections without a value, and not for 31', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 2 });
    metrics.incr('logins', 1, { tags: { user: 'a' } });
    await reader.points();
    for (let round = 1; round < 30; round += 1) await reader.points();
    expect(metrics.stats().series).toBe(1);
    await reader.points();
    expect(metrics.stats().series).toBe(0);
  });

  it('remembers ways to a series only within bounds', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 4 });
    // The same series by ever new ways: numbers that become the same text.
    for (let call = 0; call < 1_000; call += 1) {
      metrics.incr('orders', 1, { tags: { a: 1, [`gone${call}`]: undefined, b: call % 2 === 0 ? 2 : '2' } });
      metrics.incr('orders', 1, { tags: { b: 2, a: '1' } });
    }
    expect(values(await reader.points())).toEqual({ 'orders{a=1,b=2}': 2_000 });
  });
});
