import type { StatsdDialect } from '@tallykit/exporter-statsd';
import { expect, test, type TestContext } from 'vitest';
import { normal, seededRandom } from '../random.ts';
import { collectdObstacle, startCollectd, type Collectd } from '../servers/collectd.ts';
import { skipBecause } from './skip-because.ts';
import { startStatsdSender } from './statsd-rig.ts';

const INTERVALS = 4;
/** A line of tags is a bad line to collectd. */
const DIALECT = { exporter: { dialect: 'none' } } as const;

const obstacle = collectdObstacle();

function start(context: TestContext): Promise<Collectd> {
  if (obstacle !== undefined) skipBecause(context, obstacle);
  return startCollectd();
}

function logNormal(seed: number, count: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => 30 * Math.exp(0.5 * normal(random)));
}

test('collectd reads whole counters, gauges and up-down counters in each of several intervals', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server, DIALECT);
  const random = seededRandom(21);
  const totals: Record<string, number> = {};
  let open = 0;
  for (let interval = 0; interval < INTERVALS; interval += 1) {
    const counters: Record<string, number> = {};
    const gauges: Record<string, number> = {};
    for (let series = 0; series < 100; series += 1) {
      const amount = 1 + Math.floor(random() * (series === 0 ? 2 ** 40 : 1_000));
      const name = `orders.${series}`;
      sender.metrics.incr(name, amount);
      counters[name] = amount;
      totals[name] = (totals[name] ?? 0) + amount;
      // 64 parts of one have six decimals, which is what is printed.
      const depth = Math.floor((random() - 0.5) * 100_000) / 64;
      sender.metrics.gauge(`depth.${series}`, depth);
      gauges[`depth.${series}`] = depth;
    }
    const change = interval % 2 === 0 ? -7 : 3;
    sender.metrics.upDown('open', change);
    open += change;
    gauges['open'] = open;
    await sender.meterProvider.forceFlush();

    const read = await server.flush();
    expect(read.badLines).toEqual([]);
    expect(Object.fromEntries(read.counters)).toEqual(counters);
    expect(Object.fromEntries(read.totals)).toEqual(totals);
    expect(Object.fromEntries(read.gauges)).toEqual(gauges);
  }
  expect(Object.values(totals).some((total) => total > 2 ** 32)).toBe(true);
});

test('collectd counts every timing up to the limit of samples, and cuts each to whole milliseconds', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server, DIALECT);
  const sizes = [1, 2, 7, 249, 250];
  for (const size of sizes) {
    for (const value of logNormal(size, size)) sender.metrics.timing(`query.${size}`, value);
  }
  for (let call = 0; call < 20; call += 1) sender.metrics.timing('whole', 12);
  sender.metrics.timing('below-one', 0.9);
  await sender.meterProvider.forceFlush();

  const { timers, badLines } = await server.flush();
  expect(badLines).toEqual([]);
  for (const size of sizes) {
    const values = logNormal(size, size).toSorted((first, second) => first - second);
    const mean = values.reduce((sum, value) => sum + value, 0) / size;
    const timer = timers.get(`query.${size}`)!;
    expect(timer.count).toBe(size);
    const cut = (exact: number, read: number) => {
      // Everything is printed in whole microseconds.
      expect(read).toBeGreaterThan(exact - 1 - 0.001);
      expect(read).toBeLessThan(exact + 0.001);
    };
    cut(mean, timer.average);
    cut(mean, timer.sum / size);
    cut(values[0]!, timer.lower);
    cut(values.at(-1)!, timer.upper);
    for (const [percentile, read] of timer.percentiles) {
      const exact = values[Math.ceil((percentile / 100) * size) - 1]!;
      // The SDK's buckets are 2 % wide at most, the cut takes up to 1 ms, and collectd's own classes are 1 ms wide.
      expect(Math.abs(read - exact), `p${percentile} of ${size}`).toBeLessThan(0.02 * exact + 2);
    }
  }
  expect(timers.get('whole')).toMatchObject({ count: 20, lower: 12, upper: 12 });
  expect(timers.get('whole')!.average).toBeCloseTo(12, 2);
  expect(timers.get('below-one')!.count).toBe(0);
});

test('collectd counts a sampled timing once, and multiplies its duration by what it stands for', async (context) => {
  await using server = await start(context);
  await using limited = startStatsdSender(server, DIALECT);
  await using unlimited = startStatsdSender(server, { exporter: { ...DIALECT.exporter, sampleLimit: 750 } });
  for (let call = 0; call < 750; call += 1) {
    limited.metrics.timing('limited', 40);
    unlimited.metrics.timing('unlimited', 40);
  }
  await limited.meterProvider.forceFlush();
  await unlimited.meterProvider.forceFlush();

  const { timers } = await server.flush();
  expect(timers.get('limited')!.count).toBe(250);
  expect(timers.get('limited')!.average).toBeCloseTo(3 * 40, 2);
  expect(timers.get('unlimited')!.count).toBe(750);
  expect(timers.get('unlimited')!.average).toBeCloseTo(40, 2);
});

test('collectd reads aggregates of any number of timings, also of timings below one millisecond', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server, {
    exporter: { ...DIALECT.exporter, histograms: 'aggregates' },
  });
  const sizes = [1, 777, 100_000];
  for (const size of sizes) {
    for (const value of logNormal(size, size)) sender.metrics.timing(`query.${size}`, value / 100);
  }
  await sender.meterProvider.forceFlush();

  const { counters, gauges, timers, badLines } = await server.flush();
  expect(badLines).toEqual([]);
  expect(timers.size).toBe(0);
  for (const size of sizes) {
    const values = logNormal(size, size)
      .map((value) => value / 100)
      .toSorted((first, second) => first - second);
    const sum = values.reduce((total, value) => total + value, 0);
    const name = `query.${size}`;
    expect(counters.get(`${name}.count`)).toBe(size);
    // Six decimals are printed, so the last of them may be rounded.
    expect(gauges.get(`${name}.sum`)).toBeCloseTo(sum, 5);
    expect(gauges.get(`${name}.mean`)).toBeCloseTo(sum / size, 5);
    expect(gauges.get(`${name}.min`)).toBeCloseTo(values[0]!, 5);
    expect(gauges.get(`${name}.max`)).toBeCloseTo(values.at(-1)!, 5);
    for (const percentile of [50, 90, 95, 99]) {
      const exact = values[Math.ceil((percentile / 100) * size) - 1]!;
      const error = Math.abs(gauges.get(`${name}.p${percentile}`)! - exact) / exact;
      expect(error, `p${percentile} of ${size}`).toBeLessThan(0.02);
    }
  }
});

const TAGGED: Record<StatsdDialect, { counters: Record<string, number>; badLines: string[] }> = {
  none: { counters: { orders: 12 }, badLines: [] },
  dogstatsd: { counters: {}, badLines: ['orders:5|c|#plan:free', 'orders:7|c|#plan:pro'] },
  // No error, but the tags become a part of the name.
  graphite: { counters: { 'orders;plan=free': 5, 'orders;plan=pro': 7 }, badLines: [] },
  influx: { counters: { 'orders,plan=free': 5, 'orders,plan=pro': 7 }, badLines: [] },
  signalfx: { counters: { 'orders[plan=free]': 5, 'orders[plan=pro]': 7 }, badLines: [] },
  librato: { counters: { 'orders#plan=free': 5, 'orders#plan=pro': 7 }, badLines: [] },
};

test.for(Object.entries(TAGGED) as [StatsdDialect, (typeof TAGGED)[StatsdDialect]][])(
  'collectd knows no tags: %s',
  async ([dialect, expected], context) => {
    await using server = await start(context);
    await using sender = startStatsdSender(server, { exporter: { dialect } });
    sender.metrics.incr('orders', 5, { tags: { plan: 'free' } });
    sender.metrics.incr('orders', 7, { tags: { plan: 'pro' } });
    await sender.meterProvider.forceFlush();

    const { counters, badLines } = await server.flush();
    expect(Object.fromEntries(counters)).toEqual(expected.counters);
    expect(badLines.toSorted()).toEqual(expected.badLines);
  },
);

test('collectd rounds what a counter got to a whole number, and keeps the rest for the next interval', async (context) => {
  await using server = await start(context);
  await using sender = startStatsdSender(server, DIALECT);
  sender.metrics.incr('twice', 0.37);
  await sender.meterProvider.forceFlush();
  sender.metrics.incr('twice', 0.37);
  await sender.meterProvider.forceFlush();
  expect((await server.flush()).counters.get('twice')).toBe(1);

  let total: number | undefined;
  for (let interval = 0; interval < 20; interval += 1) {
    sender.metrics.incr('kept', 0.37);
    await sender.meterProvider.forceFlush();
    total = (await server.flush()).totals.get('kept');
  }
  expect(total).toBe(Math.round(20 * 0.37));
});

test('collectd reads no more than 4,095 bytes of a datagram', async (context) => {
  await using server = await start(context);
  const COUNTERS = 400;
  const readWith = async (maxPayloadBytes: number) => {
    await using sender = startStatsdSender(server, { exporter: { ...DIALECT.exporter, maxPayloadBytes } });
    for (let series = 0; series < COUNTERS; series += 1) sender.metrics.incr(`counter.${1_000 + series}`);
    await sender.meterProvider.forceFlush();
    return (await server.flush()).counters;
  };
  expect((await readWith(4_095)).size).toBe(COUNTERS);
  const lineBytes = 'counter.1000:1|c\n'.length;
  expect(COUNTERS * lineBytes).toBeLessThan(8_192);
  expect((await readWith(8_192)).size).toBe(Math.floor(4_095 / lineBytes));
});
