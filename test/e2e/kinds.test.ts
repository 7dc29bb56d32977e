import type { Attributes, BatchObservableResult, Observable } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../random.ts';
import { startStatsdRig } from './statsd-rig.ts';

const INTERVALS = 4;
const PROTOCOLS = ['udp', 'tcp'] as const;

/** The server's name of a series whose tags are in order and need no replacing. */
const series = (name: string, ...tags: string[]): string => [name, ...tags].join(';');

describe.each(PROTOCOLS)('over %s', (protocol) => {
  test('every verb reads back the same in each of several intervals', async () => {
    await using rig = await startStatsdRig({ server: { protocol } });
    const { metrics, meterProvider, server } = rig;
    const random = seededRandom(11);
    const bound = metrics.counter('hits', { route: 'cart' });
    const openCarts = { eu: 0, us: 0 };
    let observed = 0;
    metrics.observe('memory', () => observed, { tags: { pool: 'old' } });

    for (let interval = 1; interval <= INTERVALS; interval += 1) {
      const expected = {
        orders: { pro: 0, free: 0 },
        weight: 0,
        hits: 0,
        depth: 0,
        queries: [0],
        uploads: [0],
      };
      for (let call = 0; call < 500; call += 1) {
        const plan = random() < 0.3 ? 'pro' : 'free';
        const region = random() < 0.5 ? 'eu' : 'us';
        const items = Math.floor(random() * 5);
        metrics.incr('orders', items, { tags: { plan, region: 'eu' }, instance: 'web-1' });
        expected.orders[plan] += items;
        metrics.incr('weight', items + 0.25);
        expected.weight += items + 0.25;
        bound.incr();
        expected.hits += 1;
        const change = random() < 0.6 ? 2 : -3;
        metrics.upDown('carts', change, { tags: { region } });
        openCarts[region] += change;
        expected.depth = Math.round((random() - 0.5) * 1_000) / 8;
        metrics.gauge('depth', expected.depth);
      }
      // Fewer values than the sample limit: each one arrives, to the histogram's resolution.
      expected.queries = Array.from({ length: 100 }, () => 5 + Math.floor(random() * 200));
      for (const millis of expected.queries) metrics.timing('query', millis, { tags: { table: 'orders' } });
      expected.uploads = Array.from({ length: 40 }, () => 1_000 * random());
      for (const bytes of expected.uploads) metrics.distribution('upload', bytes, { unit: 'By' });
      observed = interval * 1_000 + 0.5;

      await meterProvider.forceFlush();

      const counters = await server.counters();
      expect(counters.get('weight')).toBeCloseTo(expected.weight, 6);
      counters.delete('weight');
      expect(Object.fromEntries(counters)).toEqual({
        [series('orders', 'instance=web-1', 'plan=pro', 'region=eu')]: expected.orders.pro,
        [series('orders', 'instance=web-1', 'plan=free', 'region=eu')]: expected.orders.free,
        [series('hits', 'route=cart')]: expected.hits,
      });
      expect(Object.fromEntries(await server.gauges())).toEqual({
        [series('carts', 'region=eu')]: openCarts.eu,
        [series('carts', 'region=us')]: openCarts.us,
        [series('memory', 'pool=old')]: observed,
        depth: expected.depth,
      });
      expect(await server.received()).toMatchObject({ badLines: 0 });

      const { timers } = await server.flush();
      expect([...timers.keys()].toSorted()).toEqual([series('query', 'table=orders'), 'upload']);
      const query = timers.get(series('query', 'table=orders'))!;
      expect(query.count).toBe(100);
      expect(query.samples).toHaveLength(100);
      expect(query.mean).toBeCloseTo(mean(expected.queries), 6);
      const upload = timers.get('upload')!;
      expect(upload.count).toBe(40);
      expect(upload.mean).toBeCloseTo(mean(expected.uploads), 6);
    }
    expect(rig.exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
  });

  test("every instrument of OpenTelemetry's own API reads back the same", async () => {
    await using rig = await startStatsdRig({ server: { protocol } });
    const { meterProvider, server } = rig;
    const meter = meterProvider.getMeter('somebody else');
    const tags: Attributes = { plan: 'pro' };
    const counter = meter.createCounter('c');
    const upDown = meter.createUpDownCounter('u');
    const gauge = meter.createGauge('g');
    const histogram = meter.createHistogram('h', { unit: 'ms' });
    const seconds = meter.createHistogram('s', { unit: 's' });
    const observables: Record<string, Observable> = {
      counter: meter.createObservableCounter('oc'),
      upDown: meter.createObservableUpDownCounter('ou'),
      gauge: meter.createObservableGauge('og'),
    };
    let total = 0;
    const observe = (result: BatchObservableResult): void => {
      result.observe(observables['counter']!, total, tags);
      result.observe(observables['upDown']!, -total, tags);
      result.observe(observables['gauge']!, total / 2, tags);
    };
    meter.addBatchObservableCallback(observe, Object.values(observables));

    for (let interval = 1; interval <= INTERVALS; interval += 1) {
      counter.add(interval, tags);
      upDown.add(-interval, tags);
      gauge.record(-interval / 4, tags);
      histogram.record(10 * interval, tags);
      seconds.record(interval, tags);
      total += 7 * interval;
      await meterProvider.forceFlush();

      const sumOfIntervals = (interval * (interval + 1)) / 2;
      expect(Object.fromEntries(await server.counters())).toEqual({
        'c;plan=pro': interval,
        'oc;plan=pro': 7 * interval,
      });
      expect(Object.fromEntries(await server.gauges())).toEqual({
        'u;plan=pro': -sumOfIntervals,
        'g;plan=pro': -interval / 4,
        'ou;plan=pro': -total,
        'og;plan=pro': total / 2,
      });
      const { timers } = await server.flush();
      expect(timers.get('h;plan=pro')).toMatchObject({ count: 1, mean: 10 * interval });
      expect(timers.get('s;plan=pro')).toMatchObject({ count: 1, mean: 1_000 * interval });
    }
  });

  test('no tag, name or value can add a line, a tag or a metric', async () => {
    const hostile = [
      'a:1|c',
      'x|#y:z',
      'two\nlines:5|c',
      'carriage\r\nreturn',
      'a,b,c:d',
      '@0.1',
      '|@0.1|#k:v',
      'a=b;c=d',
      'naïve — 漢字 🎉',
      '\ud800 alone',
      ' ',
      '',
      'x'.repeat(5_000),
      '__proto__',
      'constructor',
    ];
    await using rig = await startStatsdRig({ server: { protocol }, exporter: { maxPayloadBytes: 1_432 } });
    const { metrics, meterProvider, server, exporter } = rig;
    for (const text of hostile) {
      metrics.incr('value', 1, { tags: { tag: text } });
      metrics.incr('key', 1, { tags: { [`k${text}`]: text } });
      metrics.gauge('gauge', 3, { tags: { tag: text } });
      metrics.timing('timing', 3, { tags: { tag: text } });
      metrics.incr(`name.${text}`);
    }
    await meterProvider.forceFlush();

    const received = await server.received();
    expect(received.badLines).toBe(0);
    const counters = await server.counters();
    const totalOf = (name: string): number =>
      [...counters].reduce(
        (sum, [key, value]) => (key === name || key.startsWith(`${name};`) ? sum + value : sum),
        0,
      );
    expect(totalOf('value')).toBe(hostile.length);
    // The longest name and the longest value of a tag, cut to 1,000 characters each, don't fit into one datagram.
    expect(totalOf('key')).toBe(hostile.length - 1);
    const { dropped, droppedBy } = exporter.stats();
    expect(droppedBy).toEqual({ oversize: { points: 1, amount: 1 } });
    expect(dropped).toEqual(droppedBy.oversize);
    const names = new Set([...counters.keys()].map((key) => key.split(';')[0]!));
    expect([...names].filter((name) => !/^(value|key|name\..*)$/.test(name))).toEqual([]);
    // A name is at most 255 characters long, so one of these is refused.
    const fromNames = [...counters].filter(([key]) => key.startsWith('name.'));
    expect(fromNames.reduce((sum, [, value]) => sum + value, 0)).toBe(hostile.length - 1);
    expect(metrics.stats().refused).toEqual({ 'bad-name': 1 });
    // Nothing that was smuggled in. (The server deletes characters and so merges some series, not the other way round.)
    const [gauges, timers] = [await server.gauges(), await server.timers()];
    expect(received.lines).toBeLessThanOrEqual(5 * hostile.length - 2);
    expect(received.lines).toBeGreaterThanOrEqual(counters.size + gauges.size + timers.size);
    expect([...gauges.values()].every((value) => value === 3)).toBe(true);
    expect([...gauges.keys(), ...timers.keys()].every((key) => /^(gauge|timing)(;tag=|$)/.test(key))).toBe(
      true,
    );
  });
});

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
