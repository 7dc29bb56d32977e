import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { ExportResult } from '@opentelemetry/core';
import {
  AggregationTemporality,
  AggregationType,
  createAllowListAttributesProcessor,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { expect, test, vi } from 'vitest';
import { seededRandom } from '../random.ts';
import { runs } from '../runs.ts';
import { startStatsdRig } from './statsd-rig.ts';
import { until } from '../until.ts';

const INTERVALS = 6;

test('two readers of different temporality that collect at different times', async () => {
  const cumulative = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const second = readerOf(cumulative);
  await using rig = await startStatsdRig({ meterProvider: { readers: [second] } });
  const { metrics, meterProvider, server } = rig;
  const random = seededRandom(3);
  const recorded = { orders: 0, carts: 0, queries: 0, millis: 0 };
  let readBack = 0;
  let timed = 0;

  for (let interval = 0; interval < INTERVALS; interval += 1) {
    for (let call = 0; call < 1_000; call += 1) {
      const items = Math.floor(random() * 4);
      metrics.incr('orders', items, { tags: { plan: 'pro' } });
      recorded.orders += items;
      metrics.upDown('carts', items - 1);
      recorded.carts += items - 1;
      metrics.timing('query', items);
      recorded.queries += 1;
      recorded.millis += items;
      // The second reader has its own rhythm; now and then both collect at once, and the program goes on meanwhile.
      if (call % 400 === 399) void second.forceFlush();
      if (call % 250 === 249) await Promise.resolve();
    }
    if (interval % 2 === 0) await meterProvider.forceFlush();
    else await Promise.all([second.forceFlush(), meterProvider.forceFlush()]);

    const flush = await server.flush();
    readBack += flush.counters.get('orders;plan=pro') ?? 0;
    timed += flush.timers.get('query')?.count ?? 0;
    expect(readBack).toBe(recorded.orders);
    expect(timed).toBe(recorded.queries);
    expect(flush.gauges.get('carts')).toBe(recorded.carts);
  }
  const last = cumulative.getMetrics().at(-1)!;
  expect(valueOf(last, 'orders')).toBe(recorded.orders);
  expect(valueOf(last, 'carts')).toBe(recorded.carts);
  expect(valueOf(last, 'query')).toMatchObject({ count: recorded.queries, sum: recorded.millis });
});

test('recording goes on while many series are collected', async () => {
  const series = runs(20_000);
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  await using rig = await startStatsdRig({
    // Over UDP, a receiver that gets no time loses datagrams.
    server: { protocol: 'tcp' },
    cardinalityLimit: series + 1,
    metrics: { maxSeriesPerMetric: series + 1 },
    meterProvider: { readers: [readerOf(memory, series + 1)] },
  });
  const { metrics, meterProvider, server } = rig;
  let recorded = 0;
  let readBack = 0;
  for (let interval = 0; interval < 3; interval += 1) {
    for (let customer = 0; customer < series / 2; customer += 1)
      metrics.incr('orders', 1, { tags: { customer } });
    recorded += series / 2;
    const collecting = new AbortController();
    const flushed = meterProvider.forceFlush().finally(() => collecting.abort());
    for (let customer = 0; !collecting.signal.aborted; customer = (customer + 1) % series) {
      // Known series and, at the end of each round, new ones.
      metrics.incr('orders', 1, { tags: { customer } });
      recorded += 1;
      if (customer % 500 === 0) await new Promise(setImmediate);
    }
    await flushed;
    readBack += total((await server.flush()).counters);
  }
  await meterProvider.forceFlush();
  readBack += total((await server.flush()).counters);
  expect(readBack).toBe(recorded);
  const last = pointsOf(memory.getMetrics().at(-1)!, 'orders');
  expect(last.reduce((sum, { value }) => sum + Number(value), 0)).toBe(recorded);
  const { handed, held } = metrics.stats();
  expect({ handed, held }).toEqual({ handed: recorded, held: 0 });
});

test('views that drop, rename and filter', async () => {
  const memory = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  await using rig = await startStatsdRig({
    meterProvider: {
      readers: [readerOf(memory)],
      views: [
        { instrumentName: 'dropped', aggregation: { type: AggregationType.DROP } },
        { instrumentName: 'old.name', name: 'new.name' },
        { instrumentName: 'filtered*', attributesProcessors: [createAllowListAttributesProcessor(['plan'])] },
        {
          instrumentName: 'explicit',
          aggregation: {
            type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
            options: { boundaries: [10, 20, 30] },
          },
        },
      ],
    },
  });
  const { metrics, meterProvider, server } = rig;
  for (let interval = 1; interval <= 3; interval += 1) {
    for (let user = 0; user < 100; user += 1) {
      const tags = { plan: user % 4 ? 'pro' : 'free', user };
      metrics.incr('dropped', 1, { tags });
      metrics.incr('old.name', 2);
      metrics.incr('filtered', 1, { tags });
      metrics.upDown('filtered.carts', 1, { tags });
      metrics.gauge('filtered.depth', user, { tags });
      metrics.timing('filtered.query', user, { tags });
      metrics.timing('explicit', 25);
    }
    await meterProvider.forceFlush();
    const { counters, gauges, timers } = await server.flush();
    expect(Object.fromEntries(counters)).toEqual({
      'new.name': 200,
      'filtered;plan=pro': 75,
      'filtered;plan=free': 25,
    });
    expect(Object.fromEntries(gauges)).toEqual({
      'filtered.carts;plan=pro': 75 * interval,
      'filtered.carts;plan=free': 25 * interval,
      // The last one that was recorded, over all users.
      'filtered.depth;plan=pro': 99,
      'filtered.depth;plan=free': 96,
    });
    expect(timers.get('filtered.query;plan=pro')?.count).toBe(75);
    expect(timers.get('filtered.query;plan=free')?.count).toBe(25);
    expect(timers.get('explicit')).toMatchObject({ count: 100, mean: 25 });
  }
  const last = memory.getMetrics().at(-1)!;
  expect(valueOf(last, 'new.name')).toBe(600);
  expect(namesIn(last)).not.toContain('dropped');
  expect(rig.exporter.stats().dropped.points).toBe(0);
});

test('several meters and several Metrics on one provider', async () => {
  await using rig = await startStatsdRig();
  const { meterProvider, server, metrics } = rig;
  const others = [
    createMetrics({ meterProvider }),
    createMetrics({ meterProvider, scope: 'another scope' }),
    createMetrics({ meterProvider, hold: false, scope: 'direct' }),
    metrics.child({ tags: { team: 'growth' } }),
    createMetrics({ meterProvider, prefix: 'shop.' }),
  ];
  const raw = meterProvider.getMeter('raw').createCounter('orders');

  for (let interval = 1; interval <= 3; interval += 1) {
    for (let call = 0; call < 100; call += 1) {
      for (const one of [metrics, ...others]) one.incr('orders');
      raw.add(10);
    }
    await meterProvider.forceFlush();
    const { counters } = await server.flush();
    expect(Object.fromEntries(counters)).toEqual({
      // Points that have one name and the same tags are one line, whichever meter they come from.
      orders: 100 * 4 + 1_000,
      'orders;team=growth': 100,
      'shop.orders': 100,
    });
  }
});

test('shutdown sends everything; what comes later is neither lost silently nor an error', async () => {
  await using rig = await startStatsdRig();
  const { meterProvider, server, metrics, exporter } = rig;
  const bound = metrics.counter('bound');
  for (let call = 0; call < 1_000; call += 1) {
    metrics.incr('orders', 1, { tags: { plan: call % 2 ? 'pro' : 'free' } });
    bound.incr(2);
  }
  await meterProvider.shutdown();
  expect(Object.fromEntries(await server.counters())).toEqual({
    'orders;plan=free': 500,
    'orders;plan=pro': 500,
    bound: 2_000,
  });
  expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });

  metrics.incr('orders');
  bound.incr();
  metrics.timing('late', 5);
  const { recorded, handed, held, refused } = metrics.stats();
  const refusals = Object.values(refused).reduce((sum, calls) => sum + calls, 0);
  expect(recorded).toBe(2_003);
  expect(handed + held + refusals).toBe(recorded);
});

test('a slow exporter beside ours loses and doubles nothing', async () => {
  const slow = new SlowExporter();
  const slowReader = readerOf(slow);
  await using rig = await startStatsdRig({ meterProvider: { readers: [slowReader] } });
  const { meterProvider, server, metrics } = rig;
  let recorded = 0;
  let readBack = 0;
  const flushing: Promise<void>[] = [];
  for (let interval = 0; interval < INTERVALS; interval += 1) {
    for (let call = 0; call < 500; call += 1) metrics.incr('orders', 3);
    recorded += 1_500;
    flushing.push(meterProvider.forceFlush());
    await until(async () => {
      readBack += (await server.flush()).counters.get('orders') ?? 0;
      expect(readBack).toBe(recorded);
    });
    // The slow one is done with an interval only now and then.
    if (interval % 2) slow.release();
  }
  slow.releaseAll();
  await Promise.all(flushing);
  await meterProvider.forceFlush();
  expect(slow.total).toBe(recorded);
});

test('a server that reads nothing for a while gets every line in the end', async () => {
  const connections: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => connections.push(socket)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const exporter = new StatsdMetricExporter({ host: '127.0.0.1', port, protocol: 'tcp' });
  const meterProvider = new MeterProvider({ readers: [readerOf(exporter)] });
  const metrics = createMetrics({ meterProvider });

  const connected = once(server, 'connection');
  for (let customer = 0; customer < 1_900; customer += 1) {
    metrics.incr('orders', customer, { tags: { customer, padding: 'x'.repeat(900) } });
  }
  const flushed = meterProvider.forceFlush();
  await connected;
  let text = '';
  const [socket] = connections;
  socket!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(socket!, 'end');
  socket!.resume();
  await flushed;
  await meterProvider.shutdown();
  await ended;
  server.close();

  const values = text
    .trimEnd()
    .split('\n')
    .map((line) => Number(/^orders:(\d+)\|c/.exec(line)?.[1]));
  // An increase of 0 is nothing to send.
  expect(values.toSorted((first, second) => first - second)).toEqual(
    Array.from({ length: 1_899 }, (_, index) => index + 1),
  );
  expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
});

test('a series that was idle for some intervals starts in the interval in which it is used again', async () => {
  const memory = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const meterProvider = new MeterProvider({ readers: [readerOf(memory)] });
  const metrics = createMetrics({ meterProvider });
  const calls = [
    { pro: 5, free: 2 },
    { pro: 0, free: 3 },
    { pro: 0, free: 0 },
    { pro: 7, free: 0 },
    { pro: 0, free: 1 },
    { pro: 1, free: 1 },
  ];
  let lastCollection = 0;
  for (const interval of calls) {
    for (const [plan, times] of Object.entries(interval)) {
      for (let call = 0; call < times; call += 1) metrics.incr('orders', 1, { tags: { plan } });
    }
    // Its point ends at every collection.
    metrics.incr('heartbeat');
    // The SDK's points have the resolution of Date.now().
    await clockMoved();
    memory.reset();
    await meterProvider.forceFlush();

    const [collected] = memory.getMetrics();
    const [heartbeat] = pointsOf(collected!, 'heartbeat');
    const points = pointsOf(collected!, 'orders');
    const used = Object.entries(interval).filter(([, times]) => times > 0);
    expect(Object.fromEntries(points.map(({ attributes, value }) => [attributes['plan'], value]))).toEqual(
      Object.fromEntries(used),
    );
    for (const { startTime, endTime } of points) {
      expect(millisOf(startTime)).toBeLessThan(millisOf(endTime));
      expect(millisOf(startTime)).toBeGreaterThanOrEqual(lastCollection);
      expect(endTime).toEqual(heartbeat!.endTime);
    }
    lastCollection = millisOf(heartbeat!.endTime);
  }
  await meterProvider.shutdown();
});

/** Takes delta sums, and keeps every export waiting until it is released. */
class SlowExporter implements PushMetricExporter {
  total = 0;
  #waiting: (() => void)[] = [];
  #isOpen = false;

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    this.total += (valueOf(metrics, 'orders') as number | undefined) ?? 0;
    if (this.#isOpen) done({ code: 0 });
    else this.#waiting.push(() => done({ code: 0 }));
  }

  release(): void {
    this.#waiting.shift()?.();
  }

  releaseAll(): void {
    this.#isOpen = true;
    for (const done of this.#waiting.splice(0)) done();
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.DELTA;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function readerOf(exporter: PushMetricExporter, cardinalityLimit = 2_000): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter,
    cardinalityLimits: { default: cardinalityLimit },
    // Tests ask for each collection.
    exportIntervalMillis: 600_000,
    exportTimeoutMillis: 500_000,
  });
}

function metricsIn(metrics: ResourceMetrics): MetricData[] {
  return metrics.scopeMetrics.flatMap((scope) => scope.metrics);
}

function namesIn(metrics: ResourceMetrics): string[] {
  return metricsIn(metrics).map(({ descriptor }) => descriptor.name);
}

function pointsOf(metrics: ResourceMetrics, name: string): MetricData['dataPoints'] {
  return metricsIn(metrics).find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
}

/** The value of a metric's only series. */
function valueOf(metrics: ResourceMetrics, name: string): unknown {
  return pointsOf(metrics, name)[0]?.value;
}

function total(values: ReadonlyMap<string, number>): number {
  return [...values.values()].reduce((sum, value) => sum + value, 0);
}

function millisOf([seconds, nanoseconds]: [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1e6;
}

async function clockMoved(): Promise<void> {
  const start = Date.now();
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(start), { interval: 1 });
}
