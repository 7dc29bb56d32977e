import type { StatsdDialect } from '@tallykit/exporter-statsd';
import { expect, test, type TestContext } from 'vitest';
import { normal, seededRandom } from '../random.ts';
import { netdataObstacle, startNetdata, type Netdata } from '../servers/netdata.ts';
import { skipBecause } from './skip-because.ts';
import { startStatsdSender } from './statsd-rig.ts';
import { until } from '../until.ts';

const INTERVALS = 3;
/** netdata cuts gauges, and rounds timings, to three decimals. */
const DECIMALS = 0.001;

const obstacle = netdataObstacle();

function start(context: TestContext): Promise<Netdata> {
  if (obstacle !== undefined) skipBecause(context, obstacle);
  return startNetdata();
}

/** Some seconds each, so that three decimals are enough for what is computed from them. */
function logNormal(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => 3_000 * Math.exp(0.5 * normal(random)));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('netdata reads whole counters exactly and gauges to three decimals, in each of several intervals', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server);
  const random = seededRandom(31);
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  for (let interval = 0; interval < INTERVALS; interval += 1) {
    const reading = await server.inOneInterval(async () => {
      for (let series = 0; series < 40; series += 1) {
        const amount = 1 + Math.floor(random() * (series === 0 ? 2 ** 40 : 1_000));
        const name = `orders.${series}`;
        sender.metrics.incr(name, amount);
        counters.set(name, (counters.get(name) ?? 0) + amount);
        const depth = (random() - 0.5) * 10 ** (series % 7);
        sender.metrics.gauge(`depth.${series}`, depth);
        gauges.set(`depth.${series}`, depth);
      }
      sender.metrics.upDown('open', -2.5);
      gauges.set('open', (gauges.get('open') ?? 0) - 2.5);
      await sender.meterProvider.forceFlush();
    });
    expect([...counters.keys()].map((name) => [name, reading.counter(name)])).toEqual([...counters]);
    const wrong = [...gauges].filter(([name, value]) => !(Math.abs(reading.gauge(name)! - value) < DECIMALS));
    expect(wrong).toEqual([]);
    expect(reading.charts).toHaveLength(counters.size + gauges.size);
  }
  expect([...gauges.values()].filter((value) => value < 0).length).toBeGreaterThan(10);
  expect(server.output).not.toMatch(/STATSD.*excess data|unknown metric type/);
});

test('netdata reads counters, gauges and timings over TCP', async (context) => {
  await using server = await start(context);
  const { host, port } = server;
  await using sender = startStatsdSender({ host, port, protocol: 'tcp' });
  sender.metrics.incr('orders', 7, { tags: { plan: 'pro' } });
  sender.metrics.gauge('depth', -7.25);
  sender.metrics.timing('query', 14.125);
  await sender.meterProvider.forceFlush();
  await until(async () => {
    const reading = await server.flushed();
    expect(reading.counter('orders')).toBe(7);
    expect(reading.gauge('depth')).toBe(-7.25);
    expect(reading.timer('query')).toMatchObject({ average: 14.125, lines: 1 });
  });
});

test('netdata reads count, mean and percentiles of up to 25,000 timings, and of more than that not the count', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server);
  const sizes = [1, 7, 250, 375, 12_347, 25_000, 100_000];
  const name = (size: number) => `timing.${size}`;
  let attempts = 0;
  const reading = await server.inOneInterval(async () => {
    for (const size of sizes) {
      for (const value of logNormal(size, size)) sender.metrics.timing(name(size), value);
    }
    attempts += 1;
    await sender.meterProvider.forceFlush();
  });
  for (const size of sizes) {
    const values = logNormal(size, size).toSorted((first, second) => first - second);
    const timer = reading.timer(name(size))!;
    expect(Math.abs(timer.average - meanOf(values)), `mean of ${size}`).toBeLessThan(DECIMALS);
    const median = (values[Math.ceil(size / 2) - 1]! + values[Math.floor(size / 2)]!) / 2;
    expect(Math.abs(timer.median - median) / median, `median of ${size}`).toBeLessThan(0.02);
    const percentile = values[Math.max(Math.floor(0.95 * size), 1) - 1]!;
    expect(Math.abs(timer.percentile95 - percentile) / percentile, `p95 of ${size}`).toBeLessThan(0.02);

    const count = (await server.sum(name(size)))! / timer.average;
    // Beyond, each sample counts as 100 timings, and there are 250 samples at most.
    const counted = size <= 25_000 ? size : (100 * timer.lines) / attempts;
    expect(counted).toBeLessThanOrEqual(25_000);
    expect(count / counted, `count of ${size}`).toBeCloseTo(1, 6);
  }
});

test('with more samples, netdata reads the count of more timings', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server, { exporter: { sampleLimit: 1_000 } });
  const SIZE = 100_000;
  const reading = await server.inOneInterval(async () => {
    for (const value of logNormal(1, SIZE)) sender.metrics.timing('timing.many', value);
    await sender.meterProvider.forceFlush();
  });
  const count = (await server.sum('timing.many'))! / reading.timer('timing.many')!.average;
  expect(count / SIZE).toBeCloseTo(1, 6);
});

test('netdata cuts the amount of each line to a whole number, which `wholeCounters` makes up for', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server);
  await using whole = startStatsdSender(server, { exporter: { wholeCounters: true } });
  let lines = 0;
  const reading = await server.inOneInterval(async () => {
    for (let line = 0; line < 10; line += 1) {
      sender.metrics.incr('cut', 19.99);
      whole.metrics.incr('whole', 19.99);
      await sender.meterProvider.forceFlush();
      await whole.meterProvider.forceFlush();
      lines += 1;
    }
  });
  expect(reading.counter('cut')).toBe(19 * lines);
  expect(reading.counter('whole')).toBe(Math.floor(19.99 * lines));
});

test.for(['dogstatsd', 'none'] as StatsdDialect[])(
  'netdata knows no tags, and adds up counters that differ in nothing else: %s',
  async (dialect, context) => {
    await using server = await start(context);
    await using sender = startStatsdSender(server, { exporter: { dialect } });
    let calls = 0;
    const reading = await server.inOneInterval(async () => {
      sender.metrics.incr('orders', 5, { tags: { plan: 'free' } });
      sender.metrics.incr('orders', 7, { tags: { plan: 'pro' } });
      sender.metrics.gauge('depth', 3, { tags: { plan: 'free' } });
      sender.metrics.gauge('depth', 4, { tags: { plan: 'pro' } });
      sender.metrics.timing('query', 10, { tags: { plan: 'free' } });
      sender.metrics.timing('query', 30, { tags: { plan: 'pro' } });
      await sender.meterProvider.forceFlush();
      calls += 1;
    });
    expect(reading.charts).toEqual(['statsd_depth.gauge', 'statsd_orders.counter', 'statsd_query.timer']);
    expect(reading.counter('orders')).toBe(12 * calls);
    // Not their sum: the last one wins.
    expect([3, 4]).toContain(reading.gauge('depth'));
    expect(reading.timer('query')).toMatchObject({ min: 10, max: 30, average: 20 });
  },
);

test('netdata ends a name at an equals sign, so that it reads no value from lines of other dialects', async (context) => {
  await using server = await start(context);
  const reading = await server.inOneInterval(async () => {
    for (const dialect of ['graphite', 'influx', 'signalfx', 'librato'] as const) {
      await using sender = startStatsdSender(server, { exporter: { dialect } });
      sender.metrics.incr(dialect, 5, { tags: { plan: 'free' } });
      await sender.meterProvider.forceFlush();
    }
  });
  // The character in front of the tags becomes an underscore or a dot.
  expect(reading.charts).toEqual([
    'statsd_graphite_plan.counter',
    'statsd_influx.plan.counter',
    'statsd_librato_plan.counter',
    'statsd_signalfx_plan.counter',
  ]);
  expect(server.output).toContain("STATSD: excess data 'free:5' after value 'free:5'");
  expect(server.output).toContain("STATSD: excess data 'free]:5' after value 'free]:5'");
});
