import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { diag, DiagLogLevel, metrics as metricsApi } from '@opentelemetry/api';
import { metrics } from '@tallykit/metrics';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../test/servers/free-port.ts';
import { readConfiguration } from '../src/configuration.ts';
import { launch } from '../src/launch.ts';
import { MetricsServer } from '../src/metrics-server.ts';
import { readPrometheusOptions } from '../src/official-exporters.ts';
import { startMetrics, type StartedMetrics, type StartMetricsOptions } from '../src/index.ts';
import { until } from '../../../test/until.ts';

const said: string[] = [];
beforeEach(() => {
  said.length = 0;
  const listen = (...texts: unknown[]) => said.push(texts.join(' '));
  const quiet = () => undefined;
  diag.setLogger(
    { warn: listen, error: listen, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
});

const host = '127.0.0.1';

async function listening(server: Server, wanted = 0): Promise<number> {
  server.listen(wanted, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function scrape(port: number, path = '/metrics'): Promise<string> {
  const response = await fetch(`http://${host}:${port}${path}`);
  return response.ok ? response.text() : String(response.status);
}

async function start(options: StartMetricsOptions): Promise<StartedMetrics> {
  const started = await startMetrics(options);
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return started;
}

/** As `register` does. */
function startAsRegister(port: number) {
  const configuration = readConfiguration({ backend: 'prometheus', options: { host, port } }, {});
  const { ready, ...started } = launch({ ...configuration, listensAtFirstRecording: true });
  onTestFinished(async () => void (await started.shutdown({ timeoutMillis: 100 })));
  return { ready, ...started };
}

describe('a scrape', () => {
  it('has the attributes of the resource, and warns of nothing', async () => {
    const port = await freePort();
    await start({ backend: 'prometheus', options: { host, port, endpoint: 'page' } });
    metrics.incr('orders', 3);
    expect(await scrape(port, '/page?x=1')).toMatch(/target_info\{.*host_id=[^]*orders_total\{.*\} 3/);
    expect(await scrape(port)).toBe('404');
    expect(said).toEqual([]);
  });

  it("is answered by the program's own server", async () => {
    const { metricsHandler, stats } = await start({
      backend: 'prometheus',
      options: { preventServerStart: true },
    });
    metrics.incr('orders', 3);
    const port = await listening(createServer(metricsHandler));
    expect(await scrape(port, '/any')).toMatch(/orders_total\{.*\} 3/);
    expect(stats().backends['prometheus']).toMatchObject({ exported: { points: 1 } });
  });

  it('of another backend finds nothing', async () => {
    const { metricsHandler } = await start({ backend: 'noop' });
    expect(await scrape(await listening(createServer(metricsHandler)))).toBe('404');
  });

  it('that is being answered does not hold up a shutdown', async () => {
    const port = await freePort();
    const { shutdown } = await start({ backend: 'prometheus', options: { host, port } });
    const held: ((value: number) => void)[] = [];
    onTestFinished(metrics.observe('slow', () => new Promise<number>((resolve) => held.push(resolve))));
    // A callback that never came back would be named in the middle of another test.
    onTestFinished(() => held.forEach((answerNow) => answerNow(0)));
    const answer = scrape(port).catch(() => 'cut off');
    await until(async () => expect(await scrape(port, '/other')).toBe('404'));
    await shutdown({ timeoutMillis: 300 });
    await answer;
    await expect(scrape(port)).rejects.toThrow('fetch failed');
  });
});

describe('a port that is taken', () => {
  it('is an error of startMetrics that names backend and option', async () => {
    const port = await listening(createServer());
    await expect(startMetrics({ backend: 'prometheus', options: { host, port } })).rejects.toThrow(
      `startMetrics: \`options.port\` of the backend prometheus: port ${port} is taken (EADDRINUSE): give another one`,
    );
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_HOST', host);
    vi.stubEnv('OTEL_EXPORTER_PROMETHEUS_PORT', String(port));
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(startMetrics({ backend: 'prometheus' })).rejects.toThrow(
      /^startMetrics: `OTEL_EXPORTER_PROMETHEUS_PORT` of the backend prometheus: port \d+ is taken/,
    );
  });

  it('is tried again for register, and said once', async () => {
    const other = createServer();
    const port = await listening(other);
    const address = {
      host,
      port,
      endpoint: '/metrics',
      settingNames: { host: 'h', port: 'METRICS_OPTIONS.port' },
    };
    const server = new MetricsServer(address, (_request, response) => void response.end('here'), 5);
    onTestFinished(() => server.close({ timeoutMillis: 100 }));
    server.begin();
    server.begin();
    await until(() => expect(said).toHaveLength(1));
    expect(said[0]).toMatch(
      /^startMetrics: `METRICS_OPTIONS.port` of the backend prometheus: port \d+ is taken.*tried again/,
    );
    other.close();
    await until(async () => expect(await scrape(port)).toBe('here'));
    expect(said.slice(1)).toEqual(['startMetrics: the backend prometheus is served now']);
  });

  it('is tried again without leaving listeners behind', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => void warnings.push(warning);
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const port = await listening(createServer());
    const address = { host, port, endpoint: '/metrics', settingNames: { host: 'h', port: 'p' } };
    const server = new MetricsServer(address, (_request, response) => void response.end(), 1);
    onTestFinished(() => server.close({ timeoutMillis: 100 }));
    const attempts = vi.spyOn(server, 'listen');
    server.begin();
    // Node warns of the eleventh listener.
    await until(() => expect(attempts.mock.calls.length).toBeGreaterThan(12));
    expect(warnings).toEqual([]);
  });

  it('is not tried again after the end', async () => {
    const other = createServer();
    const port = await listening(other);
    const address = { host, port, endpoint: '/metrics', settingNames: { host: 'h', port: 'p' } };
    const server = new MetricsServer(address, (_request, response) => void response.end('here'), 1);
    server.begin();
    await until(() => expect(said).toHaveLength(1));
    await server.close({ timeoutMillis: 100 });
    other.close();
    await once(other, 'close');
    await expect(scrape(port)).rejects.toThrow('fetch failed');
  });

  it('stays free when the end comes before the server listens, or before the first recording', async () => {
    const port = await freePort();
    const address = { host, port, endpoint: '/metrics', settingNames: { host: 'h', port: 'p' } };
    const servers = [0, 1].map(() => new MetricsServer(address, (_request, response) => void response.end()));
    servers[0]!.begin();
    await Promise.all(servers.map((server) => server.close({ timeoutMillis: 100 })));
    servers[1]!.begin();
    await until(() => expect(scrape(port)).rejects.toThrow('fetch failed'));
    await listening(createServer(), port);
    expect(said).toEqual([]);
  });

  it('is told from a host that is wrong', async () => {
    const wrong = startMetrics({ backend: 'prometheus', options: { host: '192.0.2.1' } });
    await expect(wrong).rejects.toThrow(
      'startMetrics: `options.host` of the backend prometheus must be an address of this machine: ',
    );
  });
});

describe('register', () => {
  it.each<[string, (started: StartedMetrics) => void]>([
    ['the default metrics', () => metrics.incr('orders', 3)],
    ['an observed gauge', () => onTestFinished(metrics.observe('orders_total', () => 3))],
    ["an instrument of OpenTelemetry's", () => metricsApi.getMeter('x').createCounter('orders').add(3)],
    [
      'an observable instrument',
      ({ meterProvider }) =>
        meterProvider
          .getMeter('x')
          .createObservableCounter('orders')
          .addCallback((result) => result.observe(3)),
    ],
  ])('takes the port when %s begins to record', async (_name, record) => {
    const port = await freePort();
    const started = startAsRegister(port);
    await started.ready;
    metricsApi.getMeter('x');
    await expect(scrape(port)).rejects.toThrow('fetch failed');
    record(started);
    await until(async () => expect(await scrape(port)).toMatch(/orders_total(?:\{.*\})? 3/));
    expect(said).toEqual([]);
  });
});

describe('settings of Prometheus', () => {
  const address = (options: object, variables = {}) =>
    readPrometheusOptions(options as never, 'METRICS_OPTIONS', variables).address;

  it('are those of the code, the environment, and the default', () => {
    const variables = { OTEL_EXPORTER_PROMETHEUS_HOST: 'h', OTEL_EXPORTER_PROMETHEUS_PORT: '1' };
    expect(address({ port: 5, endpoint: 'x' }, variables)).toEqual({
      host: 'h',
      port: 5,
      endpoint: '/x',
      settingNames: { host: 'OTEL_EXPORTER_PROMETHEUS_HOST', port: 'METRICS_OPTIONS.port' },
    });
    expect(address({}, variables)).toMatchObject({ port: 1, endpoint: '/metrics' });
    expect(address({})).toMatchObject({ host: undefined, port: 9464 });
    expect(address({ preventServerStart: true })).toBeUndefined();
    expect(() => address({}, { OTEL_EXPORTER_PROMETHEUS_PORT: '99999' })).toThrow(
      'startMetrics: `OTEL_EXPORTER_PROMETHEUS_PORT` must be a whole number from 1 to 65535, not a string of 5 characters',
    );
  });
});
