import { context, diag, DiagLogLevel } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { isTracingSuppressed } from '@opentelemetry/core';
import { resourceFromAttributes, serviceInstanceIdDetector } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, startDatadogIntake, sumData } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  DatadogHttpMetricExporter,
  type DatadogEvent,
  type DatadogFetch,
  type DatadogHttpMetricExporterOptions,
} from '../src/index.ts';

const apiKey = '0123456789abcdef';
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
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  diag.disable();
  warnings.length = 0;
});

async function setUp(
  options: DatadogHttpMetricExporterOptions = {},
  { resource = {}, withHost = true }: { resource?: Record<string, string>; withHost?: boolean } = {},
) {
  const intake = await startDatadogIntake({ apiKey });
  cleanups.push(() => intake.close());
  const exporter = new DatadogHttpMetricExporter({
    apiKey,
    url: intake.url,
    ...(withHost && { hostname: 'web-1' }),
    ...options,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader], resource: resourceFromAttributes(resource) });
  cleanups.push(() => provider.shutdown());
  return {
    intake,
    exporter,
    meter: provider.getMeter('test'),
    flush: () => provider.forceFlush(),
    series: () => intake.payloads.flatMap(({ content }) => content.series),
    sketches: () => intake.payloads.flatMap(({ content }) => content.sketches),
  };
}

/** Hands points made by hand to an exporter. */
function exportPoints(exporter: DatadogHttpMetricExporter, data: readonly MetricData[]) {
  return new Promise<{ code: number }>((resolve) => exporter.export(resourceMetrics(data), resolve));
}

describe('DatadogHttpMetricExporter', () => {
  it('sends every kind of instrument', async () => {
    const { intake, exporter, meter, flush, series, sketches } = await setUp(
      { prefix: 'shop.', tags: { region: 'eu' } },
      { resource: { 'service.instance.id': 'Worker-7' } },
    );
    meter.createCounter('orders', { unit: '{request}' }).add(2, { plan: 'pro' });
    meter.createUpDownCounter('active').add(-4);
    meter.createGauge('temperature', { unit: 'Cel' }).record(-1.5, { room: 'a b' });
    meter.createObservableCounter('bytes', { unit: 'By' }).addCallback((result) => result.observe(1024));
    meter.createObservableUpDownCounter('heap').addCallback((result) => result.observe(7));
    meter.createObservableGauge('load').addCallback((result) => result.observe(0.25));
    const latency = meter.createHistogram('latency', { unit: 's' });
    for (const seconds of [0.1, 0.2, 0.3]) latency.record(seconds);
    await flush();

    const aNumber: unknown = expect.any(Number);
    const point = (metric: string, type: string, value: number, unit = '', tags: string[] = []) => ({
      metric: `shop.${metric}`,
      type,
      unit,
      interval: type === 'count' ? aNumber : 0,
      host: 'web-1',
      tags: [...tags, 'process:worker-7', 'region:eu'].toSorted(),
      points: [{ timestamp: aNumber, value }],
    });
    expect(series().toSorted((a, b) => (a.metric < b.metric ? -1 : 1))).toEqual([
      point('active', 'gauge', -4),
      point('bytes', 'count', 1024, 'byte'),
      point('heap', 'gauge', 7),
      point('load', 'gauge', 0.25),
      point('orders', 'count', 2, 'request', ['plan:pro']),
      point('temperature', 'gauge', -1.5, 'degree celsius', ['room:a_b']),
    ]);
    expect(sketches()).toMatchObject([
      { metric: 'shop.latency', host: 'web-1', tags: ['region:eu'], count: 3, sum: expect.closeTo(0.6, 12) },
    ]);
    expect(exporter.stats()).toMatchObject({ exported: { points: 7 }, dropped: { points: 0 } });
    expect(intake.payloads.every(({ status }) => status === 202)).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('keeps the aggregates of a histogram apart from a counter of the same name', async () => {
    const { meter, flush, series } = await setUp({ histograms: 'aggregates', processTag: false });
    meter.createHistogram('db.query').record(5);
    meter.createCounter('db.query.count').add(7);
    await flush();
    const suffixes = ['count', 'sum', 'avg', 'min', 'max', ...[50, 75, 95, 99].map((p) => `${p}percentile`)];
    expect(
      series()
        .map(({ metric, points }) => `${metric}=${points[0]!.value}`)
        .toSorted(),
    ).toEqual(
      [
        'db.query.count=7',
        ...suffixes.map((suffix) => `db.query.histogram.${suffix}=${suffix === 'count' ? 1 : 5}`),
      ].toSorted(),
    );
    expect(warnings).toEqual([
      expect.stringMatching(
        /^DatadogHttpMetricExporter: the histogram db\.query would be sent as db\.query\.count/,
      ),
    ]);
  });

  it('keeps only those names apart that it sends', async () => {
    const { meter, flush, series } = await setUp({
      histograms: 'aggregates',
      aggregates: { sum: false },
      percentiles: [],
      processTag: false,
    });
    meter.createHistogram('db.query').record(5);
    meter.createCounter('db.query.sum').add(7);
    await flush();
    const sent = series().map(({ metric, points }) => `${metric}=${points[0]!.value}`);
    expect(sent.toSorted()).toEqual([
      'db.query.avg=5',
      'db.query.count=1',
      'db.query.max=5',
      'db.query.min=5',
      'db.query.sum=7',
    ]);
    expect(warnings).toEqual([]);
  });

  it('counts a histogram that knows nothing of what is left to send', async () => {
    const { exporter, series } = await setUp({
      histograms: 'aggregates',
      aggregates: { count: false, avg: false, min: false, max: false },
      percentiles: [],
      processTag: false,
    });
    const buckets = { boundaries: [], counts: [1] };
    await exportPoints(exporter, [
      histogramData('known', { buckets, count: 1, sum: 5 }),
      histogramData('unknown', { buckets, count: 1 }),
    ]);
    expect(series().map(({ metric }) => metric)).toEqual(['known.sum']);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1 },
      droppedBy: { notRepresentable: { points: 1 } },
    });
    expect(warnings).toEqual([expect.stringMatching(/`aggregates`/)]);
  });

  it('sends all values of a tag in DD_TAGS and DATADOG_TAGS, and one host', async () => {
    vi.stubEnv('DD_TAGS', 'team:a,team:B,team:b,host:first,host:last');
    vi.stubEnv('DATADOG_TAGS', 'zone:x,zone:y,team:python,urgent');
    cleanups.push(() => vi.unstubAllEnvs());
    const { intake, exporter, meter, flush, series, sketches } = await setUp(
      { processTag: false },
      { withHost: false },
    );
    meter.createCounter('orders').add(1);
    meter.createCounter('orders').add(2, { team: 'point' });
    meter.createHistogram('latency').record(1);
    exporter.event({ title: 'Deploy', text: '' });
    await flush();
    await exporter.flush();
    const all = ['team:a', 'team:b', 'zone:x', 'zone:y', 'urgent'];
    expect(series()).toMatchObject([
      { host: 'last', tags: all, points: [{ value: 1 }] },
      { host: 'last', tags: ['team:point', 'zone:x', 'zone:y', 'urgent'], points: [{ value: 2 }] },
    ]);
    expect(sketches()).toMatchObject([{ host: 'last', tags: all }]);
    expect(intake.payloads.flatMap(({ content }) => content.events)).toMatchObject([
      { host: 'last', tags: all },
    ]);
  });

  it('gives a counter whose name aggregates had before a second of its own', async () => {
    const { exporter, series } = await setUp({ histograms: 'aggregates', processTag: false });
    const endSeconds = Math.floor(Date.now() / 1000) - 10;
    const values = { buckets: { boundaries: [], counts: [1] }, count: 1, sum: 5, min: 5, max: 5 };
    await exportPoints(exporter, [histogramData('db.query', values, { endSeconds })]);
    await exportPoints(exporter, [sumData('db.query.count', 7, { endSeconds })]);
    const found = series().filter(({ metric }) => metric === 'db.query.count');
    expect(found.map(({ points }) => points)).toEqual([
      [{ timestamp: endSeconds, value: 1 }],
      [{ timestamp: endSeconds + 1, value: 7 }],
    ]);
  });

  it('says nothing of a counter that did not grow', async () => {
    const { intake, exporter, meter, flush } = await setUp();
    meter.createObservableCounter('bytes').addCallback((result) => result.observe(1024));
    await flush();
    await flush();
    expect(intake.payloads).toHaveLength(1);
    expect(exporter.stats()).toMatchObject({ exported: { points: 2, amount: 1024 }, dropped: { points: 0 } });
  });

  it('sends the key in a header and nowhere else, and compresses', async () => {
    const { intake, meter, flush } = await setUp({ appKey: 'application-key' });
    for (let index = 0; index < 200; index += 1) meter.createCounter('orders').add(1, { index });
    await flush();
    const [request] = intake.payloads;
    const { headers, path, body, sentBytes } = request!;
    expect(path).toBe('/api/v2/series');
    expect(headers).toMatchObject({
      'dd-api-key': apiKey,
      'content-type': 'application/json',
      'content-encoding': 'deflate',
      'user-agent': '@tallykit/exporter-datadog-http',
    });
    expect(sentBytes).toBeLessThan(body.length / 5);
    const elsewhere = JSON.stringify([{ ...headers, 'dd-api-key': '' }, path, String(Buffer.from(body))]);
    expect(elsewhere).not.toMatch(/0123456789abcdef|application-key/);
  });

  it.each([
    ['deflate', 'deflate', 'deflate'],
    ['gzip', 'gzip', 'deflate'],
    ['none', undefined, undefined],
  ] as const)('compresses with %s as each endpoint takes it', async (compression, ofSeries, ofOthers) => {
    const { intake, exporter, meter, flush } = await setUp({ compression, histograms: 'points' });
    meter.createCounter('orders').add(1);
    const [few, many] = [meter.createHistogram('few'), meter.createHistogram('many')];
    for (let value = 1; value <= 101; value += 1) many.record(value);
    few.record(1);
    exporter.event({ title: 'Deploy', text: '' });
    await flush();
    await exporter.flush();
    const encodings = intake.payloads.map(({ path, headers }) => [path, headers['content-encoding']]);
    expect(Object.fromEntries(encodings)).toEqual({
      '/api/v2/series': ofSeries,
      '/api/v1/distribution_points': ofOthers,
      '/api/beta/sketches': ofOthers,
      '/api/v1/events': ofOthers,
    });
    expect(intake.distribution('few').count).toBe(1);
    expect(intake.distribution('many')).toMatchObject({ count: 101, sum: 5151, min: 1, max: 101 });
  });

  it('gives exports within one second seconds of their own, so that none replaces another', async () => {
    const { intake, meter, flush, series } = await setUp();
    for (const amount of [1, 2, 4, 8]) {
      meter.createCounter('orders').add(amount);
      await flush();
    }
    expect(intake.count('orders')).toBe(15);
    const seconds = series().map(({ points }) => points[0]!.timestamp);
    expect(seconds.every((second, index) => index === 0 || second > seconds[index - 1]!)).toBe(true);
  });

  it('tells its process from others by a tag that it makes, and logs it once', async () => {
    const { meter, flush, series, sketches } = await setUp();
    for (let exports = 0; exports < 2; exports += 1) {
      meter.createCounter('orders').add(1);
      meter.createHistogram('latency').record(1);
      await flush();
    }
    const [first, second] = series();
    expect(first?.tags).toEqual([expect.stringMatching(new RegExp(`^process:.*-${process.pid}`))]);
    expect(second?.tags).toEqual(first?.tags);
    expect(sketches().every(({ tags }) => tags.length === 0)).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/no `service.instance.id`.*`processTag: false`/)]);
  });

  it("takes the id of OpenTelemetry's own detector for none, because it is another one at each start", async () => {
    const { attributes } = serviceInstanceIdDetector.detect();
    const { meter, flush, series } = await setUp({}, { resource: attributes as Record<string, string> });
    meter.createCounter('orders').add(1);
    await flush();
    expect(attributes?.['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(series()[0]?.tags).toEqual([expect.stringMatching(new RegExp(`^process:.*-${process.pid}`))]);
    expect(warnings).toEqual([]);
  });

  it('names its process as the pod in which it runs, without a warning', async () => {
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.96.0.1');
    vi.stubEnv('POD_NAME', 'web-7d4-abc');
    const { meter, flush, series } = await setUp();
    vi.unstubAllEnvs();
    meter.createCounter('orders').add(1);
    await flush();
    expect(series()[0]?.tags).toEqual([`process:web-7d4-abc-${process.pid}`]);
    expect(warnings).toEqual([]);
  });

  it('sends no process tag when there is to be none', async () => {
    const { meter, flush, series } = await setUp({ processTag: false });
    meter.createCounter('orders').add(1);
    await flush();
    expect(series()[0]?.tags).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("takes tags and host of the resource, in Datadog's words", async () => {
    const resource = {
      'host.name': 'Node-3',
      'service.name': 'Shop',
      'service.version': '1.2',
      'deployment.environment.name': 'prod',
      'k8s.pod.name': 'shop-1',
      'cloud.region': 'eu-west-1',
      other: 'not asked for',
    };
    const first = await setUp({ processTag: false, tags: { env: 'code' } }, { resource, withHost: false });
    first.meter.createCounter('orders').add(1, { version: 'of the point' });
    await first.flush();
    expect(first.series()).toMatchObject([
      { host: 'Node-3', tags: ['env:code', 'service:shop', 'version:of_the_point'] },
    ]);
    const resourceTags = ['k8s.pod.name', 'cloud.region', 'other', 'missing'];
    const second = await setUp({ processTag: false, resourceTags }, { resource });
    second.meter.createCounter('orders').add(1);
    await second.flush();
    expect(second.series()).toMatchObject([
      { host: 'web-1', tags: ['other:not_asked_for', 'pod_name:shop-1', 'region:eu-west-1'] },
    ]);
  });

  it('says nothing of a service that has no name, and nothing of a host when it is to leave it out', async () => {
    const resource = { 'service.name': 'unknown_service:node', 'host.name': 'web-9' };
    const { meter, flush, series } = await setUp({ hostname: '', processTag: false }, { resource });
    meter.createCounter('orders').add(1);
    meter.createCounter('orders').add(2, { host: 'db-1' });
    await flush();
    expect(series()).toMatchObject([
      { host: '', tags: [], points: [{ value: 1 }] },
      { host: 'db-1', tags: [], points: [{ value: 2 }] },
    ]);
  });

  it('counts points that Datadog would throw away, and does not send them', async () => {
    const { intake, exporter } = await setUp({ processTag: false });
    const now = Math.floor(Date.now() / 1000);
    await exportPoints(exporter, [
      sumData('orders', 5, { endSeconds: now - 3700 }),
      sumData('orders.recent', 3, { endSeconds: now - 3500 }),
      gaugeData('depth', 3, { endSeconds: now - 3700 }),
    ]);
    expect(exporter.stats()).toMatchObject({
      exported: { points: 1, amount: 3 },
      droppedBy: { expired: { points: 2, amount: 5 } },
    });
    expect(intake.payloads.flatMap(({ content }) => content.series).map(({ metric }) => metric)).toEqual([
      'orders.recent',
    ]);
  });

  it('keeps to both limits: before compression and after', async () => {
    const { intake, exporter, meter, flush } = await setUp({ maxPayloadBytes: 5_242_880, processTag: false });
    const orders = meter.createCounter('orders');
    // Hardly compressible, so what is small enough before is too large after.
    for (let index = 0; index < 1900; index += 1) {
      const attributes = Array.from({ length: 15 }, (_, key) => [`key${key}`, crypto.randomUUID()]);
      orders.add(1, Object.fromEntries(attributes));
    }
    await flush();
    expect(intake.count('orders')).toBe(1900);
    expect(intake.payloads.length).toBeGreaterThan(1);
    expect(intake.payloads.map(({ status }) => status)).toEqual(intake.payloads.map(() => 202));
    expect(exporter.stats().dropped.points).toBe(0);
  });

  it('keeps the smaller limit without compression', async () => {
    const { intake, meter, flush } = await setUp({ compression: 'none', processTag: false });
    const orders = meter.createCounter('orders');
    for (let index = 0; index < 1900; index += 1)
      orders.add(1, { index, text: 'x'.repeat(190), more: 'y'.repeat(190) });
    await flush();
    expect(intake.count('orders')).toBe(1900);
    const sizes = intake.payloads.map(({ sentBytes }) => sentBytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(512_000);
    // Filled up: the series have about 550 bytes.
    expect(Math.max(...sizes)).toBeGreaterThan(511_000);
    expect(intake.payloads.every(({ status }) => status === 202)).toBe(true);
  });

  it('runs its requests without making spans, validate too', async () => {
    const manager = new AsyncLocalStorageContextManager();
    context.setGlobalContextManager(manager.enable());
    cleanups.push(() => context.disable());
    const suppressed: [string, boolean][] = [];
    const spying: DatadogFetch = (url, request) => {
      suppressed.push([new URL(url).pathname, isTracingSuppressed(context.active())]);
      return fetch(url, request);
    };
    const { exporter, meter, flush } = await setUp({ fetch: spying });
    meter.createCounter('orders').add(1);
    meter.createHistogram('latency').record(1);
    exporter.event({ title: 'Deploy', text: '' });
    await flush();
    await exporter.validate();
    expect(suppressed.toSorted(([first], [second]) => (first < second ? -1 : 1))).toEqual([
      ['/api/beta/sketches', true],
      ['/api/v1/events', true],
      ['/api/v1/validate', true],
      ['/api/v2/series', true],
    ]);
  });

  it('reads every answer to its end, so that its connection can be used again', async () => {
    const unread: string[] = [];
    const counting: DatadogFetch = async (url, request) => {
      const response = await fetch(url, request);
      unread.push(url);
      async function* read() {
        yield* response.body!;
        unread.splice(unread.indexOf(url), 1);
      }
      return { status: response.status, headers: response.headers, body: read() };
    };
    const { intake, exporter, meter, flush } = await setUp({ fetch: counting });
    intake.script(
      { status: 202 },
      { status: 400, body: 'x'.repeat(10_000) },
      { status: 413 },
      { status: 500 },
    );
    const answers = [];
    for (let exports = 0; exports < 4; exports += 1) {
      meter.createCounter('orders').add(1);
      await flush();
      answers.push(unread.length);
    }
    await exporter.validate();
    expect([...answers, unread.length]).toEqual([0, 0, 0, 0, 0]);
    expect(intake.payloads.map(({ status }) => status)).toEqual([202, 400, 413, 500, 202, 200]);
  });

  it('survives a fetch that throws at once, rejects with anything, or answers nonsense', async () => {
    const answers: (() => unknown)[] = [
      () => {
        throw new Error(`with the key ${apiKey}`);
      },
      () => Promise.reject('text'),
      () => Promise.reject(undefined),
      () => Promise.resolve({}),
      () => Promise.resolve({ status: 202, headers: new Headers(), body: null }),
    ];
    const odd = (() => answers.shift()!()) as DatadogFetch;
    const { exporter, meter, flush } = await setUp({ fetch: odd });
    meter.createCounter('orders').add(5);
    await flush();
    while (answers.length > 0) await exporter.forceFlush();
    expect(exporter.stats()).toMatchObject({ exported: { amount: 5 }, pending: { points: 0 } });
    expect(warnings.join('\n')).not.toContain(apiKey);
  });

  it('chooses delta temporality and large exponential histograms', () => {
    const exporter = new DatadogHttpMetricExporter({ apiKey });
    cleanups.push(() => exporter.shutdown());
    const cumulative = Object.values(InstrumentType).filter(
      (type) => exporter.selectAggregationTemporality(type) === AggregationTemporality.CUMULATIVE,
    );
    expect(cumulative).toEqual([InstrumentType.UP_DOWN_COUNTER, InstrumentType.OBSERVABLE_UP_DOWN_COUNTER]);
    expect(exporter.selectAggregation(InstrumentType.HISTOGRAM)).toMatchObject({
      type: AggregationType.EXPONENTIAL_HISTOGRAM,
    });
  });
});

describe('events', () => {
  it('are sent by themselves, each in a request of its own', async () => {
    const { intake, exporter } = await setUp({ tags: { team: 'growth' }, processTag: false });
    exporter.event({ title: 'Deploy', text: 'v42', alertType: 'success', tags: { service: 'shop' } });
    exporter.event({ title: 'Rollback', text: 'v41', hostname: 'db-1' });
    const requests = await intake.receive(2);
    expect(requests.flatMap(({ content }) => content.events)).toMatchObject([
      {
        title: 'Deploy',
        text: 'v42',
        alertType: 'success',
        host: 'web-1',
        tags: ['service:shop', 'team:growth'],
      },
      { title: 'Rollback', text: 'v41', host: 'db-1', tags: ['team:growth'] },
    ]);
    await exporter.flush();
    expect(exporter.stats().events).toMatchObject({ received: { points: 2 }, exported: { points: 2 } });
  });

  it('are what they were when they were handed in, and arrive before a shutdown right after', async () => {
    const { intake, exporter } = await setUp();
    const event = { title: 'first', text: '', tags: { step: 1 } };
    exporter.event(event);
    Object.assign(event, { title: 'second' });
    event.tags.step = 2;
    exporter.event(event);
    await exporter.shutdown();
    expect(intake.payloads.flatMap(({ content }) => content.events)).toMatchObject([
      { title: 'first', tags: ['step:1'] },
      { title: 'second', tags: ['step:2'] },
    ]);
  });

  it('that are none are counted, and nothing is thrown', async () => {
    const { intake, exporter } = await setUp();
    const odd: unknown[] = [
      undefined,
      {},
      { title: '' },
      { title: 'x', text: 'x', tags: 5, timestamp: 'now' },
    ];
    for (const event of odd) exporter.event(event as DatadogEvent);
    await exporter.flush();
    expect(exporter.stats().events).toMatchObject({
      received: { points: 4 },
      dropped: { points: 4 },
      droppedBy: { notRepresentable: { points: 4 } },
    });
    expect(intake.payloads).toEqual([]);
  });

  it('that the intake may have taken are not sent again, and those it has not taken are', async () => {
    const { intake, exporter } = await setUp({ timeoutMillis: 300 });
    intake.script({ hang: 'stored' }, { status: 429 });
    exporter.event({ title: 'first', text: '' });
    await exporter.flush();
    exporter.event({ title: 'second', text: '' });
    await exporter.flush();
    // By itself.
    await intake.receive(3);
    await exporter.flush();
    expect(intake.payloads.map(({ content, status }) => [content.events[0]?.title, status])).toEqual([
      ['first', undefined],
      ['second', 429],
      ['second', 202],
    ]);
    expect(exporter.stats().events).toMatchObject({
      exported: { points: 1 },
      droppedBy: { unknown: { points: 1 } },
    });
  });
});

describe('validate', () => {
  it('takes a right key', async () => {
    const { exporter } = await setUp();
    expect(await exporter.validate()).toEqual({ valid: true });
    expect(warnings).toEqual([]);
  });

  it('logs what is wrong with a wrong one, once, without it', async () => {
    const { exporter } = await setUp({ apiKey: 'fedcba9876543210' });
    const { valid, reason } = await exporter.validate();
    expect(valid).toBe(false);
    expect(reason).toMatch(
      /^the API key was refused by 127\.0\.0\.1:\d+: the answer was 403.*`apiKey`.*`site`/,
    );
    expect(warnings).toEqual([`DatadogHttpMetricExporter: ${reason}`]);
    expect(reason).not.toContain('fedcba9876543210');
  });

  it('says that nobody can be asked', async () => {
    const { intake, exporter } = await setUp({ timeoutMillis: 200 });
    intake.pause();
    expect(await exporter.validate()).toEqual({
      valid: false,
      reason: expect.stringMatching(
        /^it could not be found out whether .* takes the API key: no answer in time/,
      ),
    });
    await intake.close();
    expect((await exporter.validate()).reason).toMatch(/ECONNREFUSED/);
  });
});
