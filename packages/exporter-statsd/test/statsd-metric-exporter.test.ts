import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  parseStatsdPayload,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  type FakeServer,
  type ParsedStatsdLine,
} from '@tallykit/testkit';
import fc from 'fast-check';
import { StatsD } from 'hot-shots';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StatsdMetricExporter, type StatsdDialect, type StatsdMetricExporterOptions } from '../src/index.ts';
import { missing, unixDgram } from './unix-dgram.ts';
import { runs } from '../../../test/runs.ts';

const cleanups: (() => unknown)[] = [];
const warnings: string[] = [];
beforeEach(() => {
  const quiet = () => undefined;
  diag.setLogger(
    { warn: (text) => warnings.push(text), error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});
afterEach(async () => {
  diag.disable();
  warnings.length = 0;
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open<Server extends FakeServer>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  cleanups.push(() => server.close());
  return server;
}

/** All lines so far, once one of them has that name. Nothing that follows is taken. */
async function linesUpTo(
  server: FakeServer,
  name: string,
  dialect: StatsdDialect = 'dogstatsd',
): Promise<ParsedStatsdLine[]> {
  const read = (payloads: readonly string[]) =>
    payloads.flatMap((payload) => parseStatsdPayload(payload, dialect));
  await server.until((payloads) => read(payloads).some((line) => line.name === name));
  return read(server.take()).filter((line) => line.name !== name);
}

/** A meter whose metrics go through the exporter; `export` also sends a counter `end`. */
function provide(
  options: StatsdMetricExporterOptions,
  views: ConstructorParameters<typeof MeterProvider>[0] = {},
) {
  const exporter = new StatsdMetricExporter(options);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader], ...views });
  cleanups.push(() => provider.shutdown());
  const meter = provider.getMeter('test');
  return {
    exporter,
    meter,
    provider,
    flush: () => provider.forceFlush(),
    flushToEnd: async () => {
      meter.createCounter('end').add(1);
      await provider.forceFlush();
    },
  };
}

const byName = (lines: ParsedStatsdLine[], name: string) => lines.filter((line) => line.name === name);

describe('StatsdMetricExporter over UDP', () => {
  it('keeps the aggregates of a histogram apart from a counter of the same name', async () => {
    const server = await open(startUdpServer());
    const { meter, flushToEnd } = provide({ port: server.port, histograms: 'aggregates', processTag: false });
    meter.createHistogram('db.query').record(5);
    meter.createCounter('db.query.count').add(7);
    await flushToEnd();
    const lines = await linesUpTo(server, 'end');
    const suffixes = ['count', 'sum', 'min', 'max', 'mean', 'p50', 'p90', 'p95', 'p99'];
    expect(lines.map(({ name, value }) => `${name}=${value}`).toSorted()).toEqual(
      [
        'db.query.count=7',
        ...suffixes.map((suffix) => `db.query.histogram.${suffix}=${suffix === 'count' ? 1 : 5}`),
      ].toSorted(),
    );
    expect(warnings).toEqual([
      expect.stringMatching(
        /^StatsdMetricExporter: the histogram db\.query would be sent as db\.query\.count/,
      ),
    ]);
  });

  it('sends every kind of instrument', async () => {
    const server = await open(startUdpServer());
    const { meter, flushToEnd, exporter } = provide({
      port: server.port,
      prefix: 'shop.',
      tags: { region: 'eu' },
    });
    meter.createCounter('orders').add(2, { plan: 'pro' });
    meter.createCounter('orders').add(3, { plan: 'pro' });
    meter.createUpDownCounter('active').add(-4);
    meter.createGauge('temperature').record(-1.5, { room: 'a b' });
    meter.createObservableCounter('bytes').addCallback((result) => result.observe(1024));
    meter.createObservableUpDownCounter('heap').addCallback((result) => result.observe(7));
    meter.createObservableGauge('load').addCallback((result) => result.observe(0.25));
    const latency = meter.createHistogram('latency', { unit: 's' });
    for (const seconds of [0.1, 0.2, 0.3]) latency.record(seconds);
    await flushToEnd();
    const lines = await linesUpTo(server, 'shop.end');
    const process = expect.any(String);
    const expected = (name: string, type: string, value: unknown, tags = {}) => [
      { name: `shop.${name}`, type, value, rate: 1, tags: { region: 'eu', ...tags } },
    ];
    expect(byName(lines, 'shop.orders')).toEqual(expected('orders', 'c', 5, { plan: 'pro' }));
    expect(byName(lines, 'shop.active')).toEqual(expected('active', 'g', -4, { process }));
    expect(byName(lines, 'shop.temperature')).toEqual(expected('temperature', 'g', -1.5, { room: 'a b' }));
    expect(byName(lines, 'shop.bytes')).toEqual(expected('bytes', 'c', 1024));
    expect(byName(lines, 'shop.heap')).toEqual(expected('heap', 'g', 7, { process }));
    expect(byName(lines, 'shop.load')).toEqual(expected('load', 'g', 0.25));
    const timings = byName(lines, 'shop.latency');
    expect(timings.every(({ type, rate }) => type === 'ms' && rate === 1)).toBe(true);
    expect(timings.map(({ value }) => value).toSorted((a, b) => a - b)).toEqual([
      expect.closeTo(100, 6),
      expect.closeTo(200, 6),
      expect.closeTo(300, 6),
    ]);
    expect(exporter.stats().exported.points).toBe(8);
    expect(exporter.stats().dropped.points).toBe(0);
  });

  it('sends increases once each, never a running total', async () => {
    const server = await open(startUdpServer());
    const { meter, flushToEnd } = provide({ port: server.port });
    const orders = meter.createCounter('orders');
    orders.add(2);
    await flushToEnd();
    expect(byName(await linesUpTo(server, 'end'), 'orders')).toMatchObject([{ value: 2 }]);
    orders.add(5);
    await flushToEnd();
    expect(byName(await linesUpTo(server, 'end'), 'orders')).toMatchObject([{ value: 5 }]);
    await flushToEnd();
    expect(byName(await linesUpTo(server, 'end'), 'orders')).toEqual([]);
  });

  it('brings count, sum and tags of histograms over, explicit and exponential, whatever was recorded', async () => {
    const server = await open(startUdpServer());
    const { meter, flushToEnd } = provide(
      { port: server.port, maxPayloadBytes: 512 },
      {
        views: [
          { instrumentName: 'explicit', aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } },
        ],
      },
    );
    const histograms = ['explicit', 'exponential'].map((name) => meter.createHistogram(name, { unit: 'ms' }));
    const values = fc.array(
      fc.oneof(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 20 })),
      {
        minLength: 1,
        maxLength: 600,
      },
    );
    await fc.assert(
      fc.asyncProperty(values, async (recorded) => {
        for (const histogram of histograms) for (const value of recorded) histogram.record(value, { k: 'v' });
        await flushToEnd();
        const lines = await linesUpTo(server, 'end');
        const sum = recorded.reduce((a, b) => a + b, 0);
        for (const name of ['explicit', 'exponential']) {
          const samples = byName(lines, name);
          const weights = samples.map(({ rate }) => Math.trunc(1 / rate));
          const count = weights.reduce((a, b) => a + b, 0);
          const weighted = samples.reduce((total, { value }, index) => total + value * weights[index]!, 0);
          const plainMean = samples.reduce((total, { value }) => total + value, 0) / samples.length;
          expect(count).toBe(recorded.length);
          expect(samples.length).toBe(Math.min(250, recorded.length));
          // There are no numbers between the smallest ones, and a sample is rounded twice: as a mean, and with the rest.
          const smallest = 2 * Number.MIN_VALUE * count;
          expect(Math.abs(weighted - sum)).toBeLessThanOrEqual(1e-9 * sum + smallest);
          expect(Math.abs(plainMean - sum / count)).toBeLessThanOrEqual((1e-9 * sum) / count + smallest);
          expect(samples.every(({ tags }) => tags['k'] === 'v')).toBe(true);
        }
      }),
      { numRuns: runs(40), examples: [[[2.5e-323, 5e-324, 0]]] },
    );
  });

  it.each(['dogstatsd', 'graphite', 'influx', 'signalfx', 'librato', 'none'] as const)(
    'lets no name and no tag add anything in %s, and loses no amount',
    async (dialect) => {
      const server = await open(startUdpServer());
      const { meter, flushToEnd, exporter } = provide({ port: server.port, dialect });
      const hostile = fc.string({
        unit: fc.constantFrom(...':|@#,;=[] \n\r\ud800aé'.split('')),
        maxLength: 8,
      });
      const recorded = fc.array(
        fc.tuple(fc.dictionary(hostile, hostile, { maxKeys: 3 }), fc.integer({ min: 1, max: 99 })),
        {
          minLength: 1,
          maxLength: 10,
        },
      );
      await fc.assert(
        fc.asyncProperty(hostile, recorded, async (name, increases) => {
          for (const [attributes, value] of increases) meter.createCounter(`n${name}`).add(value, attributes);
          await flushToEnd();
          const lines = await linesUpTo(server, 'end', dialect);
          const total = increases.reduce((sum, [, value]) => sum + value, 0);
          expect(lines.reduce((sum, { value }) => sum + value, 0)).toBe(total);
          expect(lines.every(({ type }) => type === 'c')).toBe(true);
          expect(lines.length).toBeLessThanOrEqual(dialect === 'none' ? 1 : increases.length);
        }),
        { numRuns: runs(40) },
      );
      expect(exporter.stats().dropped.points).toBe(0);
    },
  );

  it('merges in dialect `none` what differs in tags only; of gauges the last one stays, logged once', async () => {
    const server = await open(startUdpServer());
    const { meter, flushToEnd, exporter } = provide({ port: server.port, dialect: 'none' });
    const [orders, load, latency] = [
      meter.createCounter('orders'),
      meter.createGauge('load'),
      meter.createHistogram('latency'),
    ];
    for (const [index, plan] of ['a', 'b', 'c'].entries()) {
      orders.add(10, { plan });
      load.record(index, { plan });
      latency.record(100 * (index + 1), { plan });
    }
    await flushToEnd();
    const lines = await linesUpTo(server, 'end', 'none');
    expect(byName(lines, 'orders')).toMatchObject([{ value: 30 }]);
    expect(byName(lines, 'load')).toMatchObject([{ value: 2 }]);
    const timings = byName(lines, 'latency').map(({ value }) => value);
    expect(timings).toHaveLength(3);
    expect(timings.reduce((a, b) => a + b, 0)).toBeCloseTo(600, 6);
    expect(exporter.stats().exported.points).toBe(10);
    expect(warnings.filter((text) => text.includes('several gauges'))).toHaveLength(1);
  });

  it('keeps what was recorded while nobody listens, and logs it once', async () => {
    const first = await startUdpServer();
    await first.close();
    const { meter, flush, exporter } = provide({ port: first.port });
    const orders = meter.createCounter('orders');
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      await flush();
    }
    expect(exporter.stats()).toMatchObject({ pending: { points: 3, amount: 7 }, dropped: { points: 0 } });
    expect(warnings.filter((text) => text.startsWith('StatsdMetricExporter'))).toEqual([
      expect.stringMatching(
        /^StatsdMetricExporter: can't deliver to udp 127\.0\.0\.1:\d+: .*ECONNREFUSED.*`port`.*STATSD_PORT/,
      ),
    ]);
    const report = await exporter.flush();
    expect(report).toMatchObject({ exported: 0, pending: 3, dropped: 0 });
    expect(report.errors[0]?.message).toContain('ECONNREFUSED');
  });

  it('sends what it kept, merged, when somebody listens again', async () => {
    const server = await open(startUdpServer());
    await server.close();
    const { meter, flush, exporter } = provide({ port: server.port });
    const [orders, load, latency] = [
      meter.createCounter('orders'),
      meter.createGauge('load'),
      meter.createHistogram('latency', { unit: 'ms' }),
    ];
    for (const value of [1, 2, 4]) {
      orders.add(value, { plan: 'pro' });
      load.record(value);
      latency.record(value);
      await flush();
    }
    expect(exporter.stats().pending).toEqual({ points: 9, amount: 7 });
    await server.restart();
    await exporter.flush();
    await server.until((payloads) => payloads.join('\n').split('\n').length >= 5);
    const lines = server.take().flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd'));
    expect(lines).toHaveLength(5);
    expect(byName(lines, 'orders')).toMatchObject([{ value: 7, tags: { plan: 'pro' } }]);
    expect(byName(lines, 'load')).toMatchObject([{ value: 4 }]);
    const timings = byName(lines, 'latency').map(({ value }) => value);
    expect(timings.toSorted((a, b) => a - b)).toEqual([1, 2, 4]);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 9 },
      pending: { points: 0 },
      dropped: { points: 0 },
    });
    expect(warnings.filter((text) => text.startsWith('StatsdMetricExporter'))).toHaveLength(2);
  });

  it('sends it by itself when nothing more is recorded', async () => {
    const server = await open(startUdpServer());
    await server.close();
    const { meter, flush, exporter } = provide({ port: server.port });
    meter.createCounter('orders').add(3);
    await flush();
    expect(exporter.stats().pending.points).toBe(1);
    await server.restart();
    expect(await server.receive(1)).toEqual(['orders:3|c']);
  });

  it('does not throw for an unknown host', async () => {
    const { meter, flush, exporter } = provide({ host: 'no-such-host.invalid' });
    meter.createCounter('orders').add(1);
    await flush();
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 1 });
  });

  it('chooses delta temporality and large exponential histograms', () => {
    const exporter = new StatsdMetricExporter();
    cleanups.push(() => exporter.shutdown());
    const cumulative = Object.values(InstrumentType).filter(
      (type) => exporter.selectAggregationTemporality(type) === AggregationTemporality.CUMULATIVE,
    );
    expect(cumulative).toEqual([InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER]);
    expect(exporter.selectAggregation(InstrumentType.HISTOGRAM)).toEqual({
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize: 640, recordMinMax: true },
    });
    expect(exporter.selectAggregation(InstrumentType.COUNTER)).toEqual({ type: AggregationType.DEFAULT });
  });
});

describe('StatsdMetricExporter over TCP', () => {
  it('sends lines that all end with a newline', async () => {
    const server = await open(startTcpServer());
    const { meter, provider } = provide({ protocol: 'tcp', port: server.port });
    for (let index = 0; index < 1000; index += 1) meter.createCounter('orders').add(1, { index });
    await provider.shutdown();
    // The server gives whole lines only.
    const payloads = await server.until((so) => so.join('\n').split('\n').length >= 1000);
    const lines = payloads.flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd'));
    expect(lines).toHaveLength(1000);
    expect(new Set(lines.map(({ tags }) => tags['index'])).size).toBe(1000);
  });

  it('keeps what a refused connection did not take', async () => {
    const { meter, flush, exporter } = provide({ protocol: 'tcp', port: 1 });
    meter.createCounter('orders').add(1);
    await flush();
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 1 });
    expect(warnings[0]).toMatch(/can't deliver to tcp 127\.0\.0\.1:1: .*ECONNREFUSED/);
  });
});

describe.skipIf(missing)(`StatsdMetricExporter over unixgram${missing}`, () => {
  it('sends datagrams, also more than the buffer of the socket holds', async () => {
    const server = await open(startUnixgramServer({ unixDgram }));
    const { path } = server;
    const { meter, flush, exporter } = provide({ protocol: 'unixgram', path, maxPayloadBytes: 64 });
    for (let index = 0; index < 500; index += 1) meter.createCounter('orders').add(1, { index });
    await flush();
    meter.createCounter('end').add(1);
    await flush();
    const lines = await linesUpTo(server, 'end');
    expect(new Set(lines.map(({ tags }) => tags['index'])).size).toBe(500);
    expect(exporter.stats().dropped.points).toBe(0);
  });

  it('keeps what a missing socket file did not take, logs it, and sends it when a server binds it', async () => {
    const server = await open(startUnixgramServer({ unixDgram }));
    await server.close();
    const { path } = server;
    const { meter, flush, exporter } = provide({ protocol: 'unixgram', path });
    const orders = meter.createCounter('orders');
    orders.add(1);
    await flush();
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 1 });
    expect(warnings[0]).toContain(`can't deliver to unixgram ${path}: connect ENOENT`);
    await server.restart();
    orders.add(2);
    meter.createCounter('end').add(1);
    await flush();
    expect(byName(await linesUpTo(server, 'end'), 'orders')).toMatchObject([{ value: 3 }]);

    await server.close();
    orders.add(4);
    await flush();
    await server.restart();
    orders.add(8);
    meter.createCounter('end').add(1);
    await flush();
    expect(byName(await linesUpTo(server, 'end'), 'orders')).toMatchObject([{ value: 12 }]);
    expect(exporter.stats()).toMatchObject({ pending: { points: 0 }, dropped: { points: 0 } });
  });
});

describe('StatsdMetricExporter with a client', () => {
  it('sends through a hot-shots client, past its prefix, tags and buffer, and never closes it', async () => {
    const server = await open(startUdpServer());
    const client = new StatsD({
      host: '127.0.0.1',
      port: server.port,
      prefix: 'own.',
      globalTags: { own: 'tag' },
      maxBufferSize: 1000,
    });
    cleanups.push(() => new Promise((resolve) => client.close(resolve)));
    const { meter, flushToEnd, provider, exporter } = provide({ client });
    meter.createCounter('orders').add(3);
    await flushToEnd();
    expect(await linesUpTo(server, 'end')).toEqual([
      { name: 'orders', type: 'c', value: 3, rate: 1, tags: {} },
    ]);
    await provider.shutdown();
    expect(exporter.stats().exported.points).toBe(2);
    client.increment('alive');
    client.flush();
    expect(byName(await linesUpTo(server, 'own.alive'), 'orders')).toEqual([]);
  });

  it('keeps what the client could not send', async () => {
    const sendMessage = (_: string, callback: (error?: Error) => void) => callback(new Error('no socket'));
    const { meter, flush, exporter } = provide({ client: { sendMessage } });
    meter.createCounter('orders').add(3);
    await flush();
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 3 });
    expect(warnings[0]).toContain("can't deliver to the given client: no socket");
  });
});
