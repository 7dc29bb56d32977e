import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { createMetrics } from '@tallykit/metrics';
import {
  AgentSketch,
  parseDogStatsdPayload,
  type FakeServer,
  type ParsedDogStatsd,
  type ParsedDogStatsdMetric,
} from '@tallykit/testkit';
import fc from 'fast-check';
import { StatsD } from 'hot-shots';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenToDiag } from '../../exporter-base/test/diag-messages.ts';
import { DISTRIBUTIONS } from '../../exporter-base/test/record.ts';
import { missing } from '../../exporter-statsd/test/unix-dgram.ts';
import { seededRandom } from '../../../test/random.ts';
import { DogStatsdMetricExporter, type DogStatsdMetricExporterOptions } from '../src/index.ts';
import { hostile } from './hostile.ts';
import { startAgent, type Scheme } from './subject.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';
import { runs } from '../../../test/runs.ts';

const cleanups: (() => unknown)[] = [];
let logged: ReturnType<typeof listenToDiag>;
beforeEach(() => {
  logged = listenToDiag();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  logged.stop();
});

async function open(scheme: Scheme) {
  const agent = await startAgent(scheme);
  cleanups.push(() => agent.server.close());
  return agent;
}

/** Everything so far, once a metric of that name is among it. Nothing that follows is taken. */
async function upTo(server: FakeServer, name: string): Promise<ParsedDogStatsd[]> {
  const read = (payloads: readonly string[]) => payloads.flatMap((payload) => parseDogStatsdPayload(payload));
  const isEnd = (message: ParsedDogStatsd) => message.kind === 'metric' && message.name === name;
  await server.until((payloads) => read(payloads).some(isEnd));
  return read(server.take()).filter((message) => !isEnd(message));
}

async function metricsUpTo(server: FakeServer, name: string): Promise<ParsedDogStatsdMetric[]> {
  return (await upTo(server, name)).filter((message) => message.kind === 'metric');
}

/** A meter whose metrics go through the exporter; `flushToEnd` also sends a counter `end`. */
function provide(
  options: DogStatsdMetricExporterOptions,
  others: ConstructorParameters<typeof MeterProvider>[0] = {},
) {
  const exporter = new DogStatsdMetricExporter(options);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader], ...others });
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

const byName = (metrics: readonly ParsedDogStatsdMetric[], name: string) =>
  metrics.filter((metric) => metric.name === name);

describe('metrics', () => {
  it('of every kind of instrument arrive', async () => {
    const { server, url } = await open('udp');
    const { meter, flushToEnd, exporter } = provide({ url, prefix: 'shop.', tags: { region: 'eu' } });
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
    const metrics = await metricsUpTo(server, 'shop.end');
    const process = expect.any(String);
    const expected = (name: string, type: string, value: unknown, tags = {}) => [
      {
        kind: 'metric',
        name: `shop.${name}`,
        type,
        values: [value],
        rate: 1,
        weight: 1,
        tags: { region: 'eu', ...tags },
      },
    ];
    expect(byName(metrics, 'shop.orders')).toEqual(expected('orders', 'c', 5, { plan: 'pro' }));
    expect(byName(metrics, 'shop.active')).toEqual(expected('active', 'g', -4, { process }));
    expect(byName(metrics, 'shop.temperature')).toEqual(expected('temperature', 'g', -1.5, { room: 'a b' }));
    expect(byName(metrics, 'shop.bytes')).toEqual(expected('bytes', 'c', 1024));
    expect(byName(metrics, 'shop.heap')).toEqual(expected('heap', 'g', 7, { process }));
    expect(byName(metrics, 'shop.load')).toEqual(expected('load', 'g', 0.25));
    const seconds = byName(metrics, 'shop.latency');
    expect(seconds.every(({ type, rate }) => type === 'd' && rate === 1)).toBe(true);
    expect(seconds.flatMap(({ values }) => values).toSorted((one, other) => one - other)).toEqual([
      0.1,
      expect.closeTo(0.2, 9),
      0.3,
    ]);
    expect(exporter.stats()).toMatchObject({ exported: { points: 8 }, dropped: { points: 0 } });
  });

  it.each(['logNormal', 'bimodal', 'pareto'] as const)(
    'of many %s values are read back from the wire with count, sum, minimum, maximum and percentiles',
    async (distribution) => {
      const { server, url } = await open('udp');
      const { meter, flushToEnd } = provide({ url });
      const histogram = meter.createHistogram('latency', { unit: 'ms' });
      const random = seededRandom(11);
      const size = runs(200_000);
      const values = Array.from({ length: size }, () => DISTRIBUTIONS[distribution](random));
      for (const value of values) histogram.record(value, { route: '/' });
      await flushToEnd();
      const sketch = new AgentSketch();
      for (const { values: samples, rate, type, tags } of await metricsUpTo(server, 'end')) {
        expect([type, { ...tags }]).toEqual(['d', { route: '/' }]);
        for (const sample of samples) sketch.insert(sample, rate);
      }
      const sorted = values.toSorted((one, other) => one - other);
      const sum = values.reduce((total, value) => total + value, 0);
      expect([sketch.count, sketch.min, sketch.max]).toEqual([size, sorted[0], sorted.at(-1)]);
      expect(Math.abs(sketch.sum / sum - 1)).toBeLessThan(1e-12);
      for (const q of [0.5, 0.75, 0.9, 0.95, 0.99, 0.999])
        expect(
          Math.abs(sketch.quantile(q) / sorted[Math.ceil(q * size) - 1]! - 1),
          `p${q * 100}`,
        ).toBeLessThan(0.02);
    },
  );

  it.each(['histogram', 'timing'] as const)(
    'keep what the Agent makes of a %s apart from a counter of the same name',
    async (histograms) => {
      const { server, url } = await open('udp');
      const { meter, flushToEnd } = provide({ url, histograms });
      meter.createHistogram('db.query').record(5);
      meter.createHistogram('db.other').record(5);
      meter.createCounter('db.query.count').add(7);
      await flushToEnd();
      const metrics = await metricsUpTo(server, 'end');
      expect(metrics.map(({ name }) => name).toSorted()).toEqual([
        'db.other',
        'db.query.count',
        'db.query.histogram',
      ]);
    },
  );

  it('have their time when asked for, and a series never has the same twice', async () => {
    const { server, url } = await open('udp');
    const { meter, flush, flushToEnd } = provide({ url, timestamps: true });
    // Exports that follow each other fast end in the same millisecond.
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_900 });
    cleanups.push(() => vi.useRealTimers());
    for (const send of [flush, flush, flushToEnd]) {
      meter.createCounter('orders').add(1);
      meter.createGauge('depth').record(2);
      meter.createHistogram('latency').record(3);
      await send();
    }
    const metrics = await metricsUpTo(server, 'end');
    const timesOf = (name: string) => byName(metrics, name).map(({ timestamp }) => timestamp);
    expect(timesOf('orders')).toEqual([1_700_000_000, 1_700_000_001, 1_700_000_002]);
    expect(timesOf('depth')).toEqual([1_700_000_000, 1_700_000_001, 1_700_000_002]);
    expect(timesOf('latency')).toEqual([undefined, undefined, undefined]);
    for (const { tags } of metrics.filter(({ type }) => type !== 'd')) expect(tags).toHaveProperty('process');
  });

  it('say where they come from when asked for', async () => {
    const { server, url } = await open('udp');
    const { meter, flushToEnd, exporter } = provide({
      url,
      containerId: 'abc',
      externalEnv: 'it-false,cn-web,pu-7',
      cardinality: 'low',
    });
    exporter.event({ title: 'Deploy', text: 'v42' });
    exporter.serviceCheck({ name: 'app', status: 'ok', message: 'fine' });
    meter.createHistogram('latency').record(3);
    await flushToEnd();
    const messages = await upTo(server, 'end');
    expect(messages.map(({ kind }) => kind).toSorted()).toEqual(['check', 'event', 'metric']);
    for (const message of messages)
      expect(message).toMatchObject({
        container: 'ci-abc',
        externalEnv: 'it-false,cn-web,pu-7',
        cardinality: 'low',
      });
  });

  it('have the tags of the resource', async () => {
    const { server, url } = await open('udp');
    const resource = resourceFromAttributes({
      'service.name': 'shop',
      'service.version': '1.2.3',
      'deployment.environment.name': 'prod',
    });
    const { meter, flushToEnd, exporter } = provide({ url }, { resource });
    const tags = { service: 'shop', version: '1.2.3', env: 'prod' };
    meter.createCounter('orders').add(1);
    await flushToEnd();
    expect(await metricsUpTo(server, 'end')).toMatchObject([{ name: 'orders', tags }]);
    exporter.event({ title: 'Deploy', text: 'v42', tags: { team: 'growth' } });
    await flushToEnd();
    expect(await upTo(server, 'end')).toMatchObject([{ kind: 'event', tags: { ...tags, team: 'growth' } }]);
  });

  it('of any name and any tags come to as many as were meant, with all amounts, in payloads within the limit', async () => {
    const { server, url } = await open('udp');
    const { meter, flushToEnd, exporter } = provide({ url, maxPayloadBytes: 700 });
    const recorded = fc.array(
      fc.tuple(fc.dictionary(hostile, hostile, { maxKeys: 2 }), fc.integer({ min: 1, max: 99 })),
      { minLength: 1, maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(hostile, recorded, async (name, increases) => {
        for (const [attributes, value] of increases) meter.createCounter(`n${name}`).add(value, attributes);
        await flushToEnd();
        const payloads = await server.until((so) => /^end:/m.test(so.join('\n')));
        for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(700);
        const metrics = await metricsUpTo(server, 'end');
        const total = increases.reduce((sum, [, value]) => sum + value, 0);
        expect(metrics.reduce((sum, { values }) => sum + values[0]!, 0)).toBe(total);
        expect(metrics.length).toBeLessThanOrEqual(increases.length);
      }),
      { numRuns: runs(60) },
    );
    expect(exporter.stats().dropped.points).toBe(0);
  });

  it('go on with what was recorded while nobody listened, which is logged once', async () => {
    const { server, url } = await open('udp');
    await server.close();
    const { meter, flush, flushToEnd, exporter } = provide({ url });
    for (const amount of [1, 2, 4]) {
      meter.createCounter('orders').add(amount);
      await flush();
    }
    expect(exporter.stats()).toMatchObject({ pending: { points: 3, amount: 7 }, dropped: { points: 0 } });
    expect(logged.warn).toEqual([
      expect.stringMatching(
        /^DogStatsdMetricExporter: can't deliver to udp 127\.0\.0\.1:\d+: .*ECONNREFUSED.*`url`.*DD_DOGSTATSD_URL/,
      ),
    ]);
    await server.restart();
    await flushToEnd();
    const orders = byName(await metricsUpTo(server, 'end'), 'orders');
    expect(orders.reduce((sum, { values }) => sum + values[0]!, 0)).toBe(7);
  });

  it('ask for delta temporality and large exponential histograms', () => {
    const exporter = new DogStatsdMetricExporter({ host: '127.0.0.1' });
    cleanups.push(() => exporter.shutdown());
    const cumulative = Object.values(InstrumentType).filter(
      (type) => exporter.selectAggregationTemporality(type) === AggregationTemporality.CUMULATIVE,
    );
    expect(cumulative).toEqual([InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER]);
    expect(exporter.selectAggregation(InstrumentType.HISTOGRAM)).toEqual({
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
      options: { maxSize: 640, recordMinMax: true },
    });
  });
});

describe('events and service checks', () => {
  it('arrive with everything that was given', async () => {
    const { server, url } = await open('udp');
    const { exporter, flushToEnd } = provide({ url, tags: { region: 'eu' } });
    exporter.event({
      title: 'Deploy',
      text: 'v42\nis | live',
      tags: { team: 'growth', count: 3, none: undefined },
      alertType: 'success',
      priority: 'low',
      aggregationKey: 'deploys',
      sourceTypeName: 'jenkins',
      hostname: 'web-1',
      timestamp: 1_700_000_000_500,
    });
    exporter.serviceCheck({
      name: 'shop.can_connect',
      status: 'critical',
      tags: { team: 'growth' },
      message: 'no answer',
      hostname: 'web-1',
      timestamp: 1_700_000_000_500,
    });
    await flushToEnd();
    const [event, check] = await upTo(server, 'end');
    expect(event).toEqual({
      kind: 'event',
      title: 'Deploy',
      text: 'v42\nis | live',
      tags: { team: 'growth', count: '3', region: 'eu' },
      alertType: 'success',
      priority: 'low',
      aggregationKey: 'deploys',
      sourceTypeName: 'jenkins',
      hostname: 'web-1',
      timestamp: 1_700_000_000,
    });
    expect(check).toEqual({
      kind: 'check',
      name: 'shop.can_connect',
      status: 'critical',
      tags: { team: 'growth', region: 'eu' },
      message: 'no answer',
      hostname: 'web-1',
      timestamp: 1_700_000_000,
    });
    expect(exporter.stats().events).toMatchObject({ received: { points: 2 }, exported: { points: 2 } });
  });

  it('are what they were when they were handed in, and arrive before a shutdown right after', async () => {
    const { server, url } = await open('udp');
    const { exporter } = provide({ url });
    const event = { title: 'first', text: '', tags: { step: 1 } };
    exporter.event(event);
    Object.assign(event, { title: 'second' });
    event.tags.step = 2;
    exporter.event(event);
    await exporter.shutdown();
    const payloads = await server.until((so) => so.join().includes('second'));
    expect(payloads.flatMap((payload) => parseDogStatsdPayload(payload))).toMatchObject([
      { title: 'first', tags: { step: '1' } },
      { title: 'second', tags: { step: '2' } },
    ]);
  });

  it('come from the API that is given the exporter', async () => {
    const { server, url } = await open('udp');
    const { exporter, provider, flushToEnd } = provide({ url });
    const metrics = createMetrics({ meterProvider: provider, events: exporter, tags: { region: 'eu' } });
    metrics.event('Deploy', 'v42 is live', { alertType: 'info', tags: { plan: 'pro' } });
    await flushToEnd();
    expect(await upTo(server, 'end')).toMatchObject([
      {
        kind: 'event',
        title: 'Deploy',
        text: 'v42 is live',
        alertType: 'info',
        tags: { plan: 'pro', region: 'eu' },
      },
    ]);
  });

  it('of up to 8 KB leave, whatever the limit for metrics is; longer ones are cut, which is logged once', async () => {
    const { server, url } = await open('udp');
    const { meter, exporter, flushToEnd } = provide({ url });
    const room = 8192 - '_e{4,8176}:Long|'.length;
    const bicycles = '🚲'.repeat(5000);
    const longTags = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`tag${index}`, 'x'.repeat(150)]),
    );
    exporter.event({ title: 'Long', text: 'x'.repeat(room) });
    exporter.event({ title: 'Over', text: bicycles });
    exporter.event({ title: 'More', text: bicycles });
    exporter.serviceCheck({ name: 'longer', status: 'ok', message: bicycles });
    exporter.event({ title: 'Lost', text: '', tags: longTags });
    meter.createCounter('orders').add(1);
    await flushToEnd();
    const messages = await upTo(server, 'end');
    const whole = '🚲'.repeat(room / 4);
    expect(messages).toMatchObject([
      { kind: 'event', title: 'Long', text: 'x'.repeat(room) },
      { kind: 'event', title: 'Over', text: whole },
      { kind: 'event', title: 'More', text: whole },
      {
        kind: 'check',
        name: 'longer',
        message: '🚲'.repeat(Math.floor((8192 - '_sc|longer|0|m:'.length) / 4)),
      },
      { name: 'orders', values: [1] },
    ]);
    expect(exporter.stats()).toMatchObject({
      dropped: { points: 0 },
      events: { exported: { points: 4 }, dropped: { points: 1 }, droppedBy: { oversize: { points: 1 } } },
    });
    expect(logged.warn).toEqual([
      'DogStatsdMetricExporter: shortened the event "Over": its text was cut after 8176 bytes. Logged once, further ones at debug level.',
      'DogStatsdMetricExporter: shortened the service check "longer": its message was cut after 8176 bytes. Logged once, further ones at debug level.',
      expect.stringMatching(/^DogStatsdMetricExporter: dropped the event "Lost" .*8192/),
    ]);
    expect(logged.debug.filter((line) => line.includes('shortened'))).toEqual([
      'DogStatsdMetricExporter: shortened the event "More": its text was cut after 8176 bytes',
    ]);
  });

  it('that are none are logged and counted, and never throw', async () => {
    const { exporter } = provide({ host: '127.0.0.1' });
    const wrong = [
      undefined,
      null,
      5,
      {},
      { title: '', text: '' },
      { name: 'a', title: 'a', text: 'b', tags: null, timestamp: {} },
    ];
    for (const one of wrong) {
      exporter.event(one as never);
      exporter.serviceCheck(one as never);
    }
    await exporter.flush();
    const { events, received } = exporter.stats();
    expect(events.droppedBy).toEqual({ notRepresentable: { points: 12, amount: 0 } });
    expect(received.points).toBe(0);
    expect(logged.warn).toHaveLength(1);
  });

  it('of any text come to as many as were meant', async () => {
    const { server, url } = await open('udp');
    const { exporter, flushToEnd } = provide({ url });
    const titles = hostile.filter((one) => one !== '');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(titles, hostile, hostile), { minLength: 1, maxLength: 8 }),
        async (texts) => {
          for (const [title, one, other] of texts) {
            exporter.event({ title, text: one, tags: { [other]: one }, hostname: other });
            exporter.serviceCheck({ name: title, status: 'ok', message: one, tags: { [one]: other } });
          }
          await flushToEnd();
          const kinds = (await upTo(server, 'end')).map(({ kind }) => kind);
          expect(kinds.toSorted()).toEqual([...texts.map(() => 'check'), ...texts.map(() => 'event')]);
        },
      ),
      { numRuns: runs(60) },
    );
    expect(exporter.stats().events.dropped.points).toBe(0);
  });
});

describe('telemetry', () => {
  afterEach(() => void vi.useRealTimers());

  it('says every 10 seconds what has left', async () => {
    const { server, url } = await open('udp');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const { meter, flushToEnd, exporter } = provide({ url, telemetry: true, tags: { region: 'eu' } });
    meter.createGauge('depth').record(1);
    exporter.event({ title: 'Deploy', text: 'v42' });
    await flushToEnd();
    await upTo(server, 'end');
    vi.advanceTimersByTime(10_000);
    const payloads = await server.until((so) => so.join().includes('aggregated_context_by_type:0|c'));
    const lines = parseDogStatsdPayload(payloads.join('\n')) as ParsedDogStatsdMetric[];
    const value = (name: string) => byName(lines, `datadog.dogstatsd.client.${name}`)[0]?.values[0];
    expect([
      value('metrics'),
      value('events'),
      value('aggregated_context'),
      value('packets_dropped'),
    ]).toEqual([2, 1, 2, 0]);
    for (const { tags } of lines) expect(tags).toMatchObject({ client_transport: 'udp', region: 'eu' });
    expect(exporter.stats().events.received.points).toBe(1);
  });
});

describe.each<[Scheme, string]>([
  ['unixstream', ''],
  ['unixgram', missing],
  ['unix', ''],
])('%s%s', (scheme, why) => {
  it.skipIf(why)('goes on when the Agent restarts and replaces the socket file', async () => {
    const { server, url } = await open(scheme);
    const { meter, flush, flushToEnd, exporter } = provide({ url });
    const orders = meter.createCounter('orders');
    let arrived = 0;
    for (const amount of [1, 2, 4]) {
      orders.add(amount);
      await flushToEnd();
      for (const { values } of byName(await metricsUpTo(server, 'end'), 'orders')) arrived += values[0]!;
      await server.close();
      // The first may go into a connection that breaks only then.
      for (let index = 0; index < 3; index += 1) {
        orders.add(amount * 10);
        await flush();
      }
      await server.restart();
    }
    await flushToEnd();
    for (const { values } of byName(await metricsUpTo(server, 'end'), 'orders')) arrived += values[0]!;
    const { pending, exported, dropped } = exporter.stats();
    expect(pending).toEqual({ points: 0, amount: 0 });
    expect(exported.amount + dropped.amount).toBe(217 + 4);
    // What was handed to the kernel when the Agent went away is lost, and nobody can know.
    expect(arrived).toBeLessThanOrEqual(217);
    expect(arrived).toBeGreaterThanOrEqual(217 - 3 * 40);
    expect(logged.warn.filter((message) => message.includes("can't deliver"))[0]).toContain(
      `deliver to ${scheme} /`,
    );
  });
});

it.skipIf(missing)(`finds out that a unix socket is one of datagrams${missing}`, async () => {
  const { server } = await open('unixgram');
  const { meter, flushToEnd } = provide({ path: 'path' in server ? server.path : '' });
  meter.createCounter('orders').add(3);
  await flushToEnd();
  expect(await metricsUpTo(server, 'end')).toMatchObject([{ name: 'orders', values: [3] }]);
  expect(logged.warn).toEqual([]);
});

it('says how to install the native module for unix datagrams where it is missing, and what else there is', async () => {
  const program = `
    process.dlopen = () => { throw new Error('not here'); };
    const { MeterProvider, PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics');
    const { DogStatsdMetricExporter } = await import('./src/index.ts');
    const exporter = new DogStatsdMetricExporter({ url: 'unixgram:///nowhere' });
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter('test').createCounter('orders').add(1);
    await provider.forceFlush();
    console.log((await exporter.flush()).errors[0].message);
    await provider.shutdown();`;
  const child = spawn(process.execPath, [...ON_SOURCES, '--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  const message = await text(child.stdout);
  expect(message).toMatch(/^DogStatsdMetricExporter: unix datagrams need the native module unix-dgram/);
  expect(message).toContain('npm install unix-dgram');
  expect(message).toContain("stream socket (`url: 'unixstream://…'`) or on UDP");
});

describe('a client', () => {
  it('of hot-shots is used past its prefix, tags and buffer, and never closed', async () => {
    const { server } = await open('udp');
    const port = 'port' in server ? server.port : 0;
    const client = new StatsD({
      host: '127.0.0.1',
      port,
      prefix: 'own.',
      globalTags: { own: 'tag' },
      maxBufferSize: 1000,
    });
    cleanups.push(() => new Promise((resolve) => client.close(resolve)));
    const { meter, flushToEnd, provider, exporter } = provide({ client });
    meter.createCounter('orders').add(3);
    exporter.event({ title: 'Deploy', text: 'v42' });
    await flushToEnd();
    expect(await upTo(server, 'end')).toMatchObject([
      { kind: 'event', title: 'Deploy', tags: {} },
      { name: 'orders', values: [3], tags: {} },
    ]);
    await provider.shutdown();
    client.increment('alive');
    client.flush();
    expect(byName(await metricsUpTo(server, 'own.alive'), 'orders')).toEqual([]);
  });

  it('that can not send keeps nobody from counting', async () => {
    const sendMessage = (_: string, callback: (error?: Error) => void) => callback(new Error('no socket'));
    const { meter, flush, exporter } = provide({ client: { sendMessage } });
    meter.createCounter('orders').add(3);
    await flush();
    expect(exporter.stats().pending).toEqual({ points: 1, amount: 3 });
    expect(logged.warn[0]).toContain("can't deliver to the given client: no socket");
  });
});
