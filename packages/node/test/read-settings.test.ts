import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DATADOG_HTTP_DEFAULTS } from '@tallykit/exporter-datadog-http';
import { expect, it } from 'vitest';
import { readSettings } from '../src/read-settings.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

type Variables = Record<string, string>;

/** The settings of the first backend by their names, as `[value, source]`. */
function settingsOf(variables: Variables): Record<string, readonly [value: unknown, source: string]> {
  const [backend] = readSettings(variables).backends;
  return Object.fromEntries(backend!.settings.map(({ name, value, source }) => [name, [value, source]]));
}

it.each<[Variables, string, string, string]>([
  [{}, 'noop', 'default', 'nowhere: everything is discarded'],
  [{ METRICS_BACKEND: 'statsd' }, 'statsd', 'METRICS_BACKEND', 'udp 127.0.0.1:8125'],
  [{ OTEL_METRICS_EXPORTER: 'otlp' }, 'otlp', 'OTEL_METRICS_EXPORTER', 'http://localhost:4318/v1/metrics'],
  [
    { METRICS_BACKEND: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'https://me:secret@otel.internal/' },
    'otlp',
    'METRICS_BACKEND',
    'https://otel.internal/v1/metrics',
  ],
  [
    { METRICS_BACKEND: 'dogstatsd', DD_DOGSTATSD_SOCKET: '/run/dsd.sock' },
    'dogstatsd',
    'METRICS_BACKEND',
    'unix /run/dsd.sock',
  ],
  [
    { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend' },
    'statsd',
    'SENTRY_METRICS_BACKEND',
    'udp 127.0.0.1:8125',
  ],
  [
    { METRICS_BACKEND: 'datadog', DD_API_KEY: 'k', DD_SITE: 'datadoghq.eu' },
    'datadog',
    'METRICS_BACKEND',
    'https://api.datadoghq.eu',
  ],
  [{ METRICS_BACKEND: 'console' }, 'logging', 'METRICS_BACKEND', 'the console'],
  [{ METRICS_BACKEND: 'prometheus' }, 'prometheus', 'METRICS_BACKEND', 'http://0.0.0.0:9464/metrics'],
])('%o', (variables, backend, source, destination) => {
  expect(readSettings(variables)).toMatchObject({
    backends: [{ backend, source, destination }],
    off: undefined,
  });
});

it('says where each option of a backend comes from, also where it has the value of the default', () => {
  const statsd = settingsOf({
    METRICS_BACKEND: 'statsd',
    METRICS_OPTIONS: '{"host":"a","dialect":"graphite"}',
    STATSD_HOST: 'b',
    STATSD_PORT: '8125',
    OTEL_METRIC_EXPORT_INTERVAL: '5000',
  });
  expect(statsd).toMatchObject({
    host: ['a', 'METRICS_OPTIONS'],
    port: [8125, 'STATSD_PORT'],
    dialect: ['graphite', 'METRICS_OPTIONS'],
    prefix: ['', 'default'],
    exportIntervalMillis: [5000, 'OTEL_METRIC_EXPORT_INTERVAL'],
  });
  expect(settingsOf({ METRICS_BACKEND: 'dogstatsd', DD_AGENT_HOST: 'agent', DD_ENV: 'prod' })).toMatchObject({
    host: ['agent', 'DD_AGENT_HOST'],
    port: [8125, 'default'],
    tags: [{ env: 'prod' }, 'DD_ENV'],
  });
});

it("names Sentry's settings: the name of a backend brings options, and the prefix has a variable", () => {
  const backend = 'sentry.metrics.statsd.StatsdMetricsBackend';
  expect(settingsOf({ SENTRY_METRICS_BACKEND: backend })).toMatchObject({
    dialect: ['none', 'SENTRY_METRICS_BACKEND'],
    prefix: ['sentry.', 'SENTRY_METRICS_BACKEND'],
  });
  const variables = {
    SENTRY_METRICS_BACKEND: backend,
    SENTRY_METRICS_PREFIX: 'x.',
    SENTRY_METRICS_OPTIONS: '{"port":1}',
  };
  expect(settingsOf(variables)).toMatchObject({
    prefix: ['x.', 'SENTRY_METRICS_PREFIX'],
    port: [1, 'SENTRY_METRICS_OPTIONS'],
  });
});

it('shows no secret', () => {
  const secret = '0123456789abcdef0123456789abcdef';
  const all = [
    { METRICS_BACKEND: 'datadog', DD_API_KEY: secret },
    { METRICS_BACKEND: 'datadog', METRICS_OPTIONS: `{"api_key":"${secret}"}` },
    {
      METRICS_BACKEND: 'otlp',
      METRICS_OPTIONS: `{"headers":{"key":"${secret}"},"url":"http://a:${secret}@b/"}`,
    },
    { METRICS_BACKEND: 'noop', METRICS_INTERNAL: `{"redis":"redis://:${secret}@localhost"}` },
  ].map((variables) => readSettings(variables));
  expect(JSON.stringify(all)).not.toContain(secret);
  expect(settingsOf({ METRICS_BACKEND: 'datadog', DATADOG_API_KEY: secret })).toMatchObject({
    apiKey: ['a secret of 32 characters', 'DATADOG_API_KEY'],
    compression: [DATADOG_HTTP_DEFAULTS.compression, 'default'],
  });
});

it('names what turns metrics off, what has no effect, and what is ignored', () => {
  expect(readSettings({ OTEL_SDK_DISABLED: 'true', METRICS_BACKEND: 'statsd' })).toMatchObject({
    off: 'OTEL_SDK_DISABLED',
    backends: [{ backend: 'noop', source: 'OTEL_SDK_DISABLED' }],
  });
  const variables = { METRICS_BACKEND: 'statsd', OTEL_METRICS_EXPORTER: 'otlp', METRICS_RUNTIME: 'perhaps' };
  expect(readSettings(variables)).toMatchObject({
    unused: [{ name: 'OTEL_METRICS_EXPORTER' }],
    ignored: [{ name: 'METRICS_RUNTIME', reason: expect.stringContaining('true or false') }],
    settings: expect.arrayContaining([{ name: 'runtime', value: false, source: 'default' }]),
  });
});

it('names the backend that has an option which another one does not have', () => {
  const read = () => readSettings({ METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"site":"datadoghq.eu"}' });
  expect(read).toThrow(/there is no option `site`.*; it is an option of the backend datadog$/);
});

it('logs nothing, and starts nothing that keeps a process alive', async () => {
  const program = `import { readSettings } from '@tallykit/node';
    readSettings({ METRICS_BACKEND: 'statsd', METRICS_RUNTIME: 'perhaps', SENTRY_METRICS_OPTIONS: '{}' });`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...ON_SOURCES, '--input-type=module', '--eval', program],
    { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, OTEL_LOG_LEVEL: 'DEBUG' } },
  );
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
});
