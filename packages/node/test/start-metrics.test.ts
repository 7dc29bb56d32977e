import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { diag, DiagLogLevel, metrics as metricsApi } from '@opentelemetry/api';
import { defaultResource } from '@opentelemetry/resources';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { isOptionError } from '@tallykit/exporter-base';
import { configureMetrics, createMetrics, metrics } from '@tallykit/metrics';
import { startDatadogIntake, startTcpServer, startUdpServer } from '@tallykit/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readConfiguration } from '../src/configuration.ts';
import { loadOfficial, OTLP_PACKAGES, PROMETHEUS_PACKAGE } from '../src/official-packages.ts';
import { startMetrics, type StartedMetrics, type StartMetricsOptions } from '../src/index.ts';
import { until } from '../../../test/until.ts';

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  const quiet = () => undefined;
  diag.setLogger(
    {
      warn: (...texts) => warnings.push(texts.join(' ')),
      error: quiet,
      info: quiet,
      debug: quiet,
      verbose: quiet,
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
});
afterEach(() => diag.disable());

async function start(options: StartMetricsOptions): Promise<StartedMetrics> {
  const interval = options.meterProvider ? {} : { exportIntervalMillis: 600_000 };
  const started = await startMetrics({ ...interval, ...options });
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return started;
}

async function udpServer() {
  const server = await startUdpServer();
  onTestFinished(() => server.close());
  return server;
}

/** Collects when it is asked to. */
class CollectingReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const plainStatsd = { processTag: false, dialect: 'none' } as const;

describe('startMetrics', () => {
  it("registers the provider for the default metrics and for OpenTelemetry's own API", async () => {
    const server = await udpServer();
    const {
      metrics: started,
      meterProvider,
      flush,
    } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd },
      prefix: 'shop.',
      tags: { region: 'eu' },
    });
    expect(started).toBe(metrics);
    expect(metricsApi.getMeterProvider()).toBe(meterProvider);
    metrics.incr('orders', 2);
    metricsApi.getMeter('somebody else').createCounter('logins').add(1);
    expect(await flush()).toEqual({ statsd: { exported: 2, pending: 0, dropped: 0, errors: [] } });
    const [payload] = await server.receive(1);
    expect(payload!.split('\n').toSorted()).toEqual(['logins:1|c', 'shop.orders:2|c']);
  });

  it('keeps to itself when told so', async () => {
    const server = await udpServer();
    const { meterProvider, shutdown } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd },
      global: false,
    });
    expect(metricsApi.getMeterProvider()).not.toBe(meterProvider);
    metrics.incr('orders');
    await shutdown();
    expect(await server.receive(1)).toEqual(['orders:1|c']);
    // What comes now goes to no provider that is closed.
    const { held } = metrics.stats();
    metrics.incr('later');
    expect(metrics.stats().held).toBe(held + 1);
  });

  it('leaves a global MeterProvider that is there already, and says so', async () => {
    const theirs = new MeterProvider();
    metricsApi.setGlobalMeterProvider(theirs);
    onTestFinished(() => metricsApi.disable());
    const server = await udpServer();
    const { flush, shutdown } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd },
    });
    expect(warnings.join()).toContain(
      'startMetrics: the process has a global MeterProvider already, which stays.',
    );
    metrics.incr('orders');
    await flush();
    expect(await server.receive(1)).toEqual(['orders:1|c']);
    await shutdown();
    expect(metricsApi.getMeterProvider()).toBe(theirs);
  });

  it('leaves a MeterProvider registered that somebody else registered and handed in', async () => {
    const theirs = new MeterProvider();
    metricsApi.setGlobalMeterProvider(theirs);
    onTestFinished(() => metricsApi.disable());
    const { shutdown } = await start({ meterProvider: theirs });
    await shutdown();
    expect(metricsApi.getMeterProvider()).toBe(theirs);
  });

  it('lets the SDK fold no series before the recording API does, which says so', async () => {
    const server = await udpServer();
    const { flush } = await start({
      backend: 'statsd',
      options: { port: server.port, processTag: false },
      maxSeriesPerMetric: 4,
    });
    for (let user = 0; user < 9; user += 1) {
      metrics.incr('logins', 1, { tags: { user } });
      if (user < 6) metricsApi.getMeter('theirs').createCounter('visits').add(1, { user });
    }
    await flush();
    const lines = (await server.receive(1))[0]!.split('\n').toSorted();
    expect(lines).toEqual([
      'logins:1|c|#user:0',
      'logins:1|c|#user:1',
      'logins:1|c|#user:2',
      'logins:6|c|#otel.metric.overflow:true',
      ...[0, 1, 2, 3, 4, 5].map((user) => `visits:1|c|#user:${user}`),
    ]);
    expect(warnings.join()).toContain("'logins'");
  });

  it('takes a MeterProvider that exists, and flushes it', async () => {
    let flushes = 0;
    const meterProvider = new MeterProvider();
    meterProvider.forceFlush = async () => void (flushes += 1);
    const started = await start({ meterProvider });
    expect(metricsApi.getMeterProvider()).toBe(meterProvider);
    metrics.incr('orders');
    expect(metrics.stats()).toMatchObject({ recorded: 1, handed: 1 });
    expect(await started.flush()).toEqual({});
    await started.shutdown();
    expect(flushes).toBe(2);
    expect(metricsApi.getMeterProvider()).not.toBe(meterProvider);
    await meterProvider.shutdown();
  });

  it('is replaced by another start, and after a shutdown keeps what is recorded for the next one', async () => {
    const first = await udpServer();
    const second = await udpServer();
    await start({ backend: 'statsd', options: { port: first.port, ...plainStatsd } });
    metrics.incr('first');
    const started = await start({ backend: 'statsd', options: { port: second.port, ...plainStatsd } });
    expect(warnings.join()).toContain('metrics had been started already; the former backends are shut down');
    expect(await first.receive(1)).toEqual(['first:1|c']);
    metrics.incr('second');
    await started.shutdown();
    expect(await second.receive(1)).toEqual(['second:1|c']);
    metrics.incr('between');
    expect(metrics.stats()).toMatchObject({ held: 1 });
    const third = await start({ backend: 'statsd', options: { port: second.port, ...plainStatsd } });
    await third.flush();
    expect((await second.receive(2))[1]).toBe('between:1|c');
  });

  it('discards by default, events as well, and keeps nothing', async () => {
    const { flush, stats } = await start({});
    for (let call = 0; call < 100; call += 1) metrics.timing('query', 5, { tags: { call } });
    metrics.event('Deploy', 'v42');
    expect(await flush()).toEqual({ noop: { exported: 0, pending: 0, dropped: 0, errors: [] } });
    const { recorded, handed, refused } = stats().metrics;
    expect({ recorded, handed, refused }).toEqual({ recorded: 101, handed: 101, refused: {} });
    expect(warnings).toEqual([]);
  });

  it("records Node's own metrics when asked to", async () => {
    const server = await udpServer();
    const { flush } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd, maxPayloadBytes: 60_000 },
      runtime: true,
    });
    await flush();
    const [payload] = await server.receive(1);
    expect(payload).toMatch(/^nodejs\.eventloop\./m);
    expect(payload).toMatch(/^v8js\.memory\./m);
  });

  it('records where everything goes when asked to, of the API and of each backend, at all of them', async () => {
    const server = await udpServer();
    const { TimeseriesStore } = await import('@tallykit/tsdb');
    const store = new TimeseriesStore();
    onTestFinished(() => store.shutdown());
    const { flush, shutdown } = await start({
      backend: 'statsd,noop',
      options: { statsd: { port: server.port, processTag: false } },
      internal: { include: ['otel.sdk.exporter.*', 'tallykit.api.call.processed'], store },
      selfMetrics: true,
    });
    await flush();
    for (let call = 0; call < 5; call += 1) metrics.incr('orders');
    metrics.incr('orders', -1);
    const { recorded, handed, held } = metrics.stats();
    expect({ recorded, handed, held }).toEqual({ recorded: 6, handed: 0, held: 5 });
    await flush();
    const payloads = await server.receive(2);
    const figures = payloads.map((payload) =>
      payload.split('\n').filter((line) => !line.startsWith('orders')),
    );
    const exported = 'otel.sdk.exporter.metric_data_point.exported';
    const inflight = 'otel.sdk.exporter.metric_data_point.inflight';
    const statsd = 'otel.component.name:statsd,otel.component.type:StatsdMetricExporter';
    const internal = 'otel.component.name:internal,otel.component.type:TimeseriesMetricExporter';
    // What the first flush sent: two points of each backend, and two of the API. Increases of zero have no line.
    expect(figures[0]?.toSorted()).toEqual(
      [`${inflight}:0|g|#${statsd}`, `${inflight}:0|g|#${internal}`, 'tallykit.api.call.held:0|g'].toSorted(),
    );
    expect(figures[1]).toContain(`${exported}:6|c|#${statsd}`);
    expect(figures[1]).toContain('tallykit.api.call.processed:1|c|#error.type:negative');
    expect(figures[1]?.join()).not.toContain('noop');
    // What was held is on its way with the collection that counts it, or with the next one.
    await shutdown();
    const all = (await server.receive(3)).join('\n');
    const processed = [...all.matchAll(/^tallykit\.api\.call\.processed:(\d+)\|c$/gm)];
    expect(processed.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(5);
    const names = (await store.names()).toSorted();
    expect(names).toEqual([exported, inflight, 'tallykit.api.call.processed']);
  });

  it('ends that with the shutdown, also at a MeterProvider that goes on', async () => {
    const reader = new CollectingReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    onTestFinished(() => meterProvider.shutdown());
    const { shutdown } = await start({ meterProvider, selfMetrics: true });
    const processed = async () => {
      const { resourceMetrics } = await reader.collect();
      const all = resourceMetrics.scopeMetrics.flatMap(({ metrics: some }) => some);
      const one = all.find(({ descriptor }) => descriptor.name === 'tallykit.api.call.processed');
      return one?.dataPoints.map(({ value }) => value);
    };
    const api = createMetrics({ meterProvider });
    api.incr('orders');
    expect(await processed()).toEqual([1]);
    api.gauge('depth', 1);
    expect(await processed()).toEqual([2]);
    await shutdown();
    api.gauge('depth', 2);
    // The SDK goes on with a running total that nobody tells it of any more.
    expect(await processed()).toEqual([2]);
    expect(api.stats().handed).toBe(3);
  });

  it('keeps what it has set up when the program configures more', async () => {
    const server = await udpServer();
    const options = { host: '127.0.0.1', port: server.port, processTag: false };
    metrics.event('Deploy', 'before the start');
    const { flush } = await start({ backend: 'dogstatsd', prefix: 'shop.', tags: { env: 'prod' }, options });
    configureMetrics({ prefix: 'mail.', tags: { team: 'growth' } });
    onTestFinished(() => configureMetrics({}));
    metrics.incr('sent');
    metrics.event('Deploy', 'after it');
    await flush();
    const lines = server.payloads.flatMap((payload) => payload.trim().split('\n'));
    expect(lines.filter((line) => line.startsWith('shop.'))).toEqual([
      'shop.mail.sent:1|c|#env:prod,team:growth',
    ]);
    expect(lines.filter((line) => line.startsWith('_e'))).toHaveLength(2);
  });

  it('leaves out a callback of `observe` that never settles, and delivers the rest with its shutdown', async () => {
    const server = await udpServer();
    const options = { host: '127.0.0.1', port: server.port, ...plainStatsd };
    const started = await start({ backend: 'statsd', options, observeTimeoutMillis: 1 });
    onTestFinished(metrics.observe('hangs', () => new Promise<number>(() => undefined)));
    for (let name = 0; name < 128; name += 1) metrics.incr(`counter.${name}`);
    const { statsd } = await started.shutdown({ timeoutMillis: 60_000 });
    expect(statsd).toMatchObject({ exported: 128, pending: 0, dropped: {} });
    expect(warnings.filter((line) => line.includes("observe('hangs')"))).toHaveLength(1);
  });

  it('gives callbacks of `observe` half of the time of a shutdown, and 2 seconds at most', () => {
    const timeoutOf = (options: StartMetricsOptions) =>
      readConfiguration(options, {}).api.observeTimeoutMillis;
    expect(timeoutOf({})).toBe(2_000);
    expect(timeoutOf({ shutdownTimeoutMillis: 1_000 })).toBe(500);
    expect(timeoutOf({ shutdownTimeoutMillis: 60_000 })).toBe(2_000);
    expect(timeoutOf({ shutdownTimeoutMillis: 1_000, observeTimeoutMillis: 900 })).toBe(900);
  });

  it('hands events to the backends that know them', async () => {
    const intake = await startDatadogIntake();
    onTestFinished(() => intake.close());
    const lines: string[] = [];
    await start({
      backend: 'datadog,statsd,logging',
      options: {
        datadog: { apiKey: 'any', url: intake.url },
        statsd: { port: 1 },
        logging: { logger: (_level: string, message: string) => void lines.push(message) },
      },
    });
    metrics.event('Deploy', 'v42 is live');
    const [request] = await intake.until((requests) => requests.some(({ path }) => path.endsWith('/events')));
    expect(request?.content.events).toMatchObject([{ title: 'Deploy', text: 'v42 is live' }]);
    expect(lines).toEqual(["'Deploy': 'v42 is live'"]);
  });
});

describe('flush', () => {
  it('tells the truth of each backend, within its time, also of one that hangs', async () => {
    const hanging = await startTcpServer();
    onTestFinished(() => hanging.close());
    hanging.pause();
    const server = await udpServer();
    const { flush, shutdown, stats } = await start({
      backend: {
        primary: { backend: 'statsd', options: { port: server.port, ...plainStatsd } },
        secondary: {
          backend: 'datadog',
          options: { apiKey: 'any', url: `http://127.0.0.1:${hanging.port}`, timeoutMillis: 60_000 },
        },
        routes: { both: [''] },
      },
    });
    metrics.incr('orders', 5);
    const { primary, secondary } = await flush({ timeoutMillis: 3_000 });
    expect(primary).toEqual({ exported: 1, pending: 0, dropped: 0, errors: [] });
    expect(secondary).toMatchObject({ exported: 0, pending: 1, dropped: 0 });
    expect(secondary!.errors.map(String)).toEqual([
      'Error: secondary: the time was up before everything was collected and sent',
    ]);
    expect(stats().backends['secondary']).toMatchObject({ pending: { points: 1, amount: 5 } });
    const last = await shutdown({ timeoutMillis: 3_000 });
    expect(last['primary']).toMatchObject({ pending: 0, dropped: 0 });
    expect(last['secondary']!.errors).not.toEqual([]);
    // It would go on, and keep the program alive, for a minute.
    await until(() => expect(stats().backends['secondary']).toMatchObject({ pending: { points: 0 } }));
  });

  it("counts for OpenTelemetry's own exporter, which doesn't", async () => {
    const statuses = [200, 400];
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(statuses.shift() ?? 200).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`;
    const { flush } = await start({ backend: 'otlp', options: { url, timeoutMillis: 2000 } });
    metrics.incr('orders');
    metrics.timing('query', 5);
    expect(await flush()).toEqual({ otlp: { exported: 2, pending: 0, dropped: 0, errors: [] } });
    const { otlp } = await flush();
    expect(otlp).toMatchObject({ exported: 0, pending: 0, dropped: 2 });
    expect(otlp!.errors.map(String)).toEqual([expect.stringContaining('Bad Request')]);
  });

  it('says an outage of a backend once, however long it is', async () => {
    const errors: string[] = [];
    const listen = {
      warn: (text: string) => warnings.push(text),
      error: (text: string) => errors.push(text),
    };
    const quiet = () => undefined;
    diag.setLogger(
      { ...listen, info: quiet, debug: quiet, verbose: quiet },
      { suppressOverrideMessage: true },
    );
    const statuses = [400, 401, 400];
    const closed = await udpServer();
    await closed.close();
    const refusing = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(statuses.shift() ?? 200).end('{}'));
    }).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    onTestFinished(() => void refusing.close());
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/v1/metrics`;
    const { flush } = await start({
      backend: 'statsd,otlp',
      options: { statsd: { port: closed.port }, otlp: { url } },
    });
    for (let times = 0; times < 3; times += 1) {
      metrics.incr('orders');
      const { statsd, otlp } = await flush();
      expect(statsd).toMatchObject({ exported: 0, dropped: 0 });
      expect(otlp).toMatchObject({ exported: 0, dropped: 1 });
    }
    metrics.incr('orders');
    await flush();
    expect(errors).toEqual([]);
    const [statsd, otlp] = ['StatsdMetricExporter', 'otlp'].map((name) =>
      warnings.filter((text) => text.startsWith(name)),
    );
    expect(statsd).toEqual([expect.stringContaining("StatsdMetricExporter: can't deliver to")]);
    expect(otlp).toEqual([
      "otlp: can't export: Bad Request. Logged once, and again when it works.",
      'otlp: exporting again; dropped 3 points meanwhile.',
    ]);
  });
});

describe('what is said of everything', () => {
  it('is still there after the shutdown, and a current value is collected once for it', async () => {
    const server = await udpServer();
    const { shutdown, stats } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd },
    });
    metrics.upDown('requests', 2);
    metrics.incr('orders', 3);
    expect(await shutdown()).toMatchObject({ statsd: { exported: 2 } });
    expect(stats()).toMatchObject({
      metrics: { recorded: 2, handed: 2, held: 0 },
      backends: { statsd: { received: { points: 2 }, exported: { points: 2, amount: 3 } } },
    });
  });

  it('answers a health check', async () => {
    const server = await startTcpServer();
    const { flush, stats } = await start({
      backend: 'statsd,noop',
      options: { statsd: { port: server.port, protocol: 'tcp' } },
    });
    const health = () => stats().backends['statsd']!.health;
    const started = health();
    expect(started).toEqual({ state: 'unknown', sinceMillis: expect.any(Number) });
    metrics.incr('orders');
    await flush();
    const up = health();
    expect(up.state).toBe('up');
    expect(up.sinceMillis).toBeGreaterThanOrEqual(started.sinceMillis);
    metrics.incr('orders');
    await flush();
    expect(health()).toEqual(up);
    await server.close();
    metrics.incr('orders');
    await until(async () => {
      metrics.incr('orders');
      await flush();
      expect(health().state).toBe('down');
    });
    expect(stats().backends['noop']!.health.state).toBe('unknown');
  });

  it('has its reasons as JSON', async () => {
    const { flush } = await start({ backend: 'statsd', options: { port: 1, ...plainStatsd } });
    for (const _ of [1, 2]) {
      metrics.incr('orders');
      await flush();
    }
    const report: unknown = JSON.parse(JSON.stringify(await flush()));
    expect(report).toMatchObject({
      statsd: { errors: [expect.stringMatching(/^StatsdMetricExporter: .*ECONNREFUSED/)] },
    });
  });
});

describe("another library's callback that never comes back", () => {
  it.each<['one instrument' | 'several', string]>([
    ['one instrument', "'hangs' of the meter 'library'"],
    ['several', "several instruments of the meter 'library'"],
  ])('holds up no collection beyond half of the shutdown, and is named once (%s)', async (kind, name) => {
    const server = await udpServer();
    const { flush, meterProvider } = await start({
      backend: 'statsd',
      options: { port: server.port, ...plainStatsd },
      shutdownTimeoutMillis: 200,
    });
    const meter = meterProvider.getMeter('library');
    const gauge = meter.createObservableGauge('hangs');
    const hang = () => new Promise<void>(() => undefined);
    if (kind === 'several') meter.addBatchObservableCallback(hang, [gauge]);
    else gauge.addCallback(hang);
    metrics.incr('orders');
    expect(await flush()).toMatchObject({ statsd: { exported: 1 } });
    metrics.incr('orders');
    expect(await flush()).toMatchObject({ statsd: { exported: 1 } });
    expect(warnings).toEqual([
      `startMetrics: the callback of ${name} has not come back within 100 ms: its values are left out. Logged once.`,
    ]);
    // It is found by the callback that the library knows.
    if (kind === 'several') meter.removeBatchObservableCallback(hang, [gauge]);
    else gauge.removeCallback(hang);
    gauge.addCallback((result) => result.observe(5));
    await flush();
    expect((await server.receive(3)).at(-1)).toBe('hangs:5|g');
  });
});

describe('wrong settings', () => {
  // Programs in JavaScript, and those whose options come from a file.
  it.each<[string, object, string]>([
    [
      'of an exporter',
      { backend: 'statsd', options: { prot: 1 } },
      'startMetrics: `options`: StatsdMetricExporter: there is no option `prot`; there are host, port',
    ],
    [
      'of an exporter with letters that changed places',
      { backend: 'statsd', options: { prot: 1 } },
      '; did you mean port?',
    ],
    [
      'of the choice of a log',
      { backend: 'logging', options: { operations: 'yes' } },
      'startMetrics: `options`: logging: `operations` must be one of true, false, not a string of 3 characters',
    ],
    [
      'of a type',
      { backend: 'statsd', options: { port: '812x' } },
      '`port` must be a whole number from 1 to 65535, not a string of 4 characters',
    ],
    [
      'of OTLP',
      { backend: 'otlp', options: { URL: 'x' } },
      'OTLPMetricExporter: there is no option `URL`; there are url,',
    ],
    [
      "of OTLP's temporality",
      { backend: 'otlp', options: { temporality_preference: 'd' } },
      '`temporalityPreference` must be one of "delta", "cumulative", "lowmemory", not a string of 1 character',
    ],
    [
      'of Prometheus',
      { backend: 'prometheus', options: { port: 0 } },
      'PrometheusExporter: `port` must be a whole number from 1 to 65535, not zero',
    ],
    [
      "of Prometheus' labels, without a word of them",
      { backend: 'prometheus', options: { with_resource_constant_labels: '(hunter2' } },
      '`withResourceConstantLabels` must be a regular expression, not a string of 8 characters',
    ],
    [
      'of an address, without a word of it',
      { backend: 'statsd', options: { host: 'udp://me:hunter2@h' } },
      '`host` must be a host name or an IP address (instead of a URL give `host` and `port`), not a string of 18 characters',
    ],
    [
      'of the operation log',
      { backend: 'logging', options: { operations: true, format: 'series' } },
      'createOperationLog: there is no option `format`',
    ],
    [
      'of Datadog without a key',
      { backend: 'datadog' },
      'startMetrics: `backend`: DatadogHttpMetricExporter: ',
    ],
    [
      'of the store',
      { internal: { include: ['x'], exclude: 5 as never } },
      'startMetrics: `internal.exclude` must be an array of strings, not a number of 1 digit',
    ],
    [
      "of the store's Redis",
      { internal: { redis: 'localhost:6379' } },
      'startMetrics: `internal`: TimeseriesStore: `redis.url` must be a URL such as',
    ],
  ])('%s are one error that says where', async (_name, options, message) => {
    vi.stubEnv('DD_API_KEY', undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const before = metricsApi.getMeterProvider();
    await expect(startMetrics(options as StartMetricsOptions)).rejects.toThrow(message);
    expect(metricsApi.getMeterProvider()).toBe(before);
  });

  it('have fields that say the same, with the setting that the options come from', async () => {
    const options = { backend: { primary: { backend: 'statsd', options: { prot: 1 } }, secondary: 'noop' } };
    const error: unknown = await startMetrics(options as StartMetricsOptions).catch(
      (reason: unknown) => reason,
    );
    expect(isOptionError(error)).toBe(true);
    expect(error).toMatchObject({
      component: 'startMetrics: `backend.primary.options`: StatsdMetricExporter',
      option: 'prot',
      unknownOptions: ['prot'],
      knownOptions: expect.arrayContaining(['host', 'port']),
      advice: 'did you mean port?',
    });
    const wrong: unknown = await startMetrics({ backend: 'statds' } as never).catch(
      (reason: unknown) => reason,
    );
    expect(wrong).toMatchObject({
      component: 'startMetrics',
      option: 'backend',
      accepted: 'one of statsd, dogstatsd, datadog, logging, console, otlp, prometheus, noop',
      valueKind: 'a string of 6 characters',
      advice: 'did you mean statsd?',
    });
  });

  it('never show a key', async () => {
    const key = 'abcdef0123456789';
    vi.stubEnv('METRICS_BACKEND', 'datadog');
    vi.stubEnv('METRICS_OPTIONS', JSON.stringify({ api_key: key, site: 'nowhere' }));
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await startMetrics().catch((reason: unknown) => reason);
    expect(String(error)).toMatch(/startMetrics: `METRICS_OPTIONS`: DatadogHttpMetricExporter: .*site/);
    expect(String(error)).not.toContain(key);
  });

  it('of a port that is taken are found at the start, and everything is given back', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const before = metricsApi.getMeterProvider();
    const starting = startMetrics({ backend: 'prometheus', options: { host: '127.0.0.1', port } });
    await expect(starting).rejects.toThrow(/^startMetrics: .*EADDRINUSE/);
    expect(metricsApi.getMeterProvider()).toBe(before);
  });
});

describe('packages of OpenTelemetry', () => {
  const isSecondLine = String(defaultResource().attributes['telemetry.sdk.version']).startsWith('2.');
  const version = isSecondLine ? '^0.223.0' : '^0.301.0';

  it('that are missing are an error with the command that installs the version of the SDK', () => {
    const missing = {
      ...PROMETHEUS_PACKAGE,
      load: () => {
        throw new Error(`Cannot find module '${PROMETHEUS_PACKAGE.name}'`);
      },
      name: '@opentelemetry/exporter-missing',
    };
    const load = () => loadOfficial(missing, 'the backend prometheus');
    expect(load).toThrow(
      'startMetrics: the backend prometheus needs @opentelemetry/exporter-missing, which is not installed: ' +
        `npm install @opentelemetry/exporter-missing@${version} | pnpm add`,
    );
  });

  it.each(Object.values(OTLP_PACKAGES))('$name is found', (official) => {
    expect(loadOfficial(official, 'the backend otlp')).toBeTypeOf('function');
  });
});
