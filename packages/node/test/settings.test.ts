import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { isOptionError } from '@tallykit/exporter-base';
import { readConfiguration } from '../src/configuration.ts';
import type { NamedDestination } from '../src/destination.ts';

type Variables = Record<string, string>;

const STATSD = 'sentry.metrics.statsd.StatsdMetricsBackend';
const DATADOG = 'sentry.metrics.datadog.DatadogMetricsBackend';
const DOGSTATSD = 'sentry.metrics.dogstatsd.DogStatsdMetricsBackend';

const warnings: string[] = [];
beforeEach(() => {
  warnings.length = 0;
  const quiet = () => undefined;
  diag.setLogger(
    { warn: (text) => warnings.push(text), error: quiet, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
});

function read(variables: Variables, options: object = {}) {
  const { destinations, ...others } = readConfiguration(options, variables);
  const named = destinations as readonly NamedDestination[];
  const backends = Object.fromEntries(named.map(({ key, options: own }) => [key, own]));
  return { ...others, backends, unused: others.unused.map(({ name }) => name) };
}

function messageOf(variables: Variables, options: object = {}): string {
  try {
    read(variables, options);
  } catch (error) {
    return isOptionError(error) ? error.message : `another error: ${String(error)}`;
  }
  return 'no error';
}

const exporter = { export: () => undefined, forceFlush: async () => {}, shutdown: async () => {} };
const meterProvider = { getMeter: () => undefined };

describe('a variable turns metrics off, whatever the code says', () => {
  it.each<[Variables]>([
    [{ OTEL_SDK_DISABLED: 'true' }],
    [{ OTEL_SDK_DISABLED: ' TRUE ' }],
    [{ METRICS_BACKEND: 'noop' }],
    [{ METRICS_BACKEND: 'None' }],
    [{ METRICS_BACKEND: 'none,' }],
  ])('%o', (variables) => {
    const broken = { ...variables, METRICS_OPTIONS: '{', SENTRY_METRICS_OPTIONS: "{'" };
    const codes = [
      { backend: 'statsd', options: { host: 'a' }, runtime: true },
      { backend: { primary: 'statsd', secondary: 'datadog' } },
      { exporters: { mine: exporter } },
      { exporters: { noop: exporter } },
      { meterProvider },
    ];
    for (const code of codes) {
      const { backends, meterProvider: provider, runtime } = read(broken, code);
      expect({ backends, provider, runtime }).toEqual({
        backends: { noop: {} },
        provider: undefined,
        runtime: false,
      });
    }
    expect(warnings).toEqual([]);
  });

  it.each<[Variables]>([[{ OTEL_SDK_DISABLED: 'false' }], [{ OTEL_METRICS_EXPORTER: 'none' }]])(
    '%o does not',
    (variables) => {
      expect(read(variables, { backend: 'statsd' }).backends).toEqual({ statsd: {} });
    },
  );
});

describe('names of backends', () => {
  it.each<[Variables, string[]]>([
    [{ OTEL_METRICS_EXPORTER: 'Console' }, ['logging']],
    [{ OTEL_METRICS_EXPORTER: ' otlp, ' }, ['otlp']],
    [{ OTEL_METRICS_EXPORTER: 'OTLP,,prometheus' }, ['otlp', 'prometheus']],
    [{ METRICS_BACKEND: 'NONE, StatsD' }, ['noop', 'statsd']],
  ])('%o', (variables, expected) => {
    expect(Object.keys(read(variables).backends)).toEqual(expected);
  });

  it('need one name', () => {
    expect(messageOf({ METRICS_BACKEND: ',' })).toBe(
      'startMetrics: `METRICS_BACKEND` must be the name of a backend, not a string of 1 character',
    );
  });
});

describe('options of the environment', () => {
  it.each<[string, Variables, object]>([
    [
      "Sentry's with our name",
      { METRICS_BACKEND: 'dogstatsd', SENTRY_METRICS_OPTIONS: '{"statsd_host":"a","statsd_port":"1"}' },
      { dogstatsd: { host: 'a', port: 1 } },
    ],
    [
      "ours with Sentry's name",
      { SENTRY_METRICS_BACKEND: STATSD, METRICS_OPTIONS: '{"host":"a"}' },
      { statsd: { host: 'a', prefix: 'sentry.', dialect: 'none' } },
    ],
    [
      "Sentry's prefix with our name",
      { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"host":"a"}', SENTRY_METRICS_PREFIX: 'mine.' },
      { statsd: { host: 'a', prefix: 'mine.' } },
    ],
    [
      'numbers as text',
      {
        METRICS_BACKEND: 'statsd',
        METRICS_OPTIONS: '{"port":" 8125 ","sample_limit":"50","timeoutMillis":"9"}',
      },
      { statsd: { port: 8125, sampleLimit: 50, timeoutMillis: 9 } },
    ],
    [
      "datadogpy's",
      {
        SENTRY_METRICS_BACKEND: DOGSTATSD,
        SENTRY_METRICS_OPTIONS:
          '{"statsd_host":"a","statsd_constant_tags":["env:prod","team:a:b"],"tags":{"env":"x"},"statsd_namespace":"shop",' +
          '"statsd_use_default_route":false}',
      },
      {
        dogstatsd: {
          histograms: 'timing',
          host: 'a',
          tags: { env: 'x', team: 'a:b' },
          prefix: 'shop.sentry.',
        },
      },
    ],
    [
      "what `host` is to Sentry's backend for the API",
      { SENTRY_METRICS_BACKEND: DATADOG, SENTRY_METRICS_OPTIONS: '{"api_key":"k","host":"web-1"}' },
      {
        datadog: {
          apiKey: 'k',
          hostname: 'web-1',
          prefix: 'sentry.',
          countersAs: 'rate',
          histograms: 'aggregates',
          percentiles: [75, 85, 95, 99],
        },
      },
    ],
    [
      "what is said otherwise than Sentry's backend for the API does it",
      {
        SENTRY_METRICS_BACKEND: DATADOG,
        SENTRY_METRICS_OPTIONS: '{"api_key":"k","counters_as":"count","aggregates":{"sum":false}}',
      },
      {
        datadog: {
          apiKey: 'k',
          prefix: 'sentry.',
          countersAs: 'count',
          histograms: 'aggregates',
          aggregates: { sum: false },
          percentiles: [75, 85, 95, 99],
        },
      },
    ],
    [
      'those of our own name, which sends counts',
      { METRICS_BACKEND: 'datadog', METRICS_OPTIONS: '{"apiKey":"k"}' },
      { datadog: { apiKey: 'k' } },
    ],
  ])('%s are understood', (_name, variables, expected) => {
    expect(read(variables).backends).toEqual(expected);
    expect(warnings).toEqual([]);
  });

  it("leave the exporter's own prefix where our name is used", () => {
    const variables = { METRICS_BACKEND: 'statsd', STATSD_PREFIX: 'own.', SENTRY_METRICS_PREFIX: 'mine.' };
    expect(read(variables)).toMatchObject({
      backends: { statsd: {} },
      unused: ['SENTRY_METRICS_PREFIX'],
    });
  });

  it('that say where data goes and have no counterpart are errors', () => {
    const route = (options: string) =>
      messageOf({ SENTRY_METRICS_BACKEND: DOGSTATSD, SENTRY_METRICS_OPTIONS: options });
    expect(route('{"statsd_use_default_route":true}')).toBe(
      'startMetrics: `SENTRY_METRICS_OPTIONS.statsd_use_default_route` must be left out, not true; ' +
        'give `host`, the address of the default route',
    );
    expect(route('{"proxies":{"https":"http://me:hunter2@proxy"}}')).toMatch(/proxies` must be left out/);
    expect(route('{"proxies":{}}')).toBe('no error');
  });

  it.each([
    ["{'host': 'secret'}"],
    ['{"host": "secret", "mute": True}'],
    ['{"host": None}'],
    ["{u'host': u'secret'}"],
  ])('in the form of Python are named: %s', (text) => {
    const message = messageOf({ METRICS_BACKEND: 'statsd', METRICS_OPTIONS: text });
    expect(message).toMatch(/^startMetrics: `METRICS_OPTIONS` must be a JSON object/);
    expect(message).toMatch(/; it looks like Python: use double quotes, and true, false and null$/);
    expect(message).not.toContain('secret');
  });

  it('with an apostrophe in a string are no Python', () => {
    const message = messageOf({ METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"host": "it\'s None",}' });
    expect(message).toMatch(/is not valid JSON/);
    expect(message).not.toContain('Python');
  });
});

describe('a setting that has no effect is named', () => {
  const ours = { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"host":"a"}' };
  it.each<[string, Variables, object, string[]]>([
    ['nothing', {}, {}, []],
    ['nothing', ours, {}, []],
    ['options without a backend', { METRICS_OPTIONS: '{}' }, {}, ['METRICS_OPTIONS']],
    ["Sentry's options without a backend", { SENTRY_METRICS_OPTIONS: '{}' }, {}, ['SENTRY_METRICS_OPTIONS']],
    ['another backend in code', ours, { backend: 'dogstatsd' }, ['METRICS_BACKEND', 'METRICS_OPTIONS']],
    ['the same backend in code', ours, { backend: 'StatsD' }, []],
    [
      'a dual write in code',
      ours,
      { backend: { primary: 'statsd', secondary: 'noop' } },
      ['METRICS_BACKEND', 'METRICS_OPTIONS'],
    ],
    ['two variables', { ...ours, OTEL_METRICS_EXPORTER: 'otlp' }, {}, ['OTEL_METRICS_EXPORTER']],
    ['two variables with the same backend', { ...ours, SENTRY_METRICS_BACKEND: STATSD }, {}, []],
    [
      'three variables',
      { ...ours, SENTRY_METRICS_BACKEND: DATADOG, SENTRY_METRICS_OPTIONS: '{}', OTEL_METRICS_EXPORTER: 'x' },
      {},
      ['SENTRY_METRICS_BACKEND', 'OTEL_METRICS_EXPORTER', 'SENTRY_METRICS_OPTIONS'],
    ],
    [
      "OpenTelemetry's beside code",
      { OTEL_METRICS_EXPORTER: 'otlp' },
      { backend: 'statsd' },
      ['OTEL_METRICS_EXPORTER'],
    ],
    [
      "Sentry's options beside ours",
      { ...ours, SENTRY_METRICS_OPTIONS: '{}' },
      {},
      ['SENTRY_METRICS_OPTIONS'],
    ],
    [
      "Sentry's options beside OpenTelemetry's exporter",
      { OTEL_METRICS_EXPORTER: 'otlp', SENTRY_METRICS_OPTIONS: '{}' },
      {},
      ['SENTRY_METRICS_OPTIONS'],
    ],
    [
      "Sentry's options beside a dual write",
      { METRICS_BACKEND: '{"primary":"statsd","secondary":"noop"}', SENTRY_METRICS_OPTIONS: '{}' },
      {},
      ['SENTRY_METRICS_OPTIONS'],
    ],
    [
      'options beside exporters in code',
      { METRICS_OPTIONS: '{}' },
      { exporters: { exporter } },
      ['METRICS_OPTIONS'],
    ],
    [
      'backends beside a MeterProvider in code',
      { ...ours, METRICS_INTERNAL: '{}' },
      { meterProvider },
      ['METRICS_BACKEND', 'METRICS_OPTIONS', 'METRICS_INTERNAL'],
    ],
    [
      "Sentry's prefix where nothing has one",
      { METRICS_BACKEND: 'otlp', SENTRY_METRICS_PREFIX: 'x.' },
      {},
      ['SENTRY_METRICS_PREFIX'],
    ],
    [
      "Sentry's store",
      {
        SENTRY_TSDB: 'sentry.tsdb.redis.RedisTSDB',
        SENTRY_METRICS_SKIP_INTERNAL_PREFIXES: 'a.',
        SENTRY_TSDB_ROLLUPS: '()',
      },
      {},
      ['SENTRY_TSDB', 'SENTRY_TSDB_ROLLUPS', 'SENTRY_METRICS_SKIP_INTERNAL_PREFIXES'],
    ],
    ["Sentry's store that keeps nothing", { SENTRY_TSDB: 'sentry.tsdb.dummy.DummyTSDB' }, {}, []],
    [
      "Sentry's store beside ours",
      { SENTRY_TSDB: 'sentry.tsdb.inmemory.InMemoryTSDB', METRICS_INTERNAL: '{}' },
      {},
      [],
    ],
    ["Sentry's sampling", { SENTRY_METRICS_SAMPLE_RATE: '0.1' }, {}, ['SENTRY_METRICS_SAMPLE_RATE']],
    ['no sampling', { SENTRY_METRICS_SAMPLE_RATE: '1.0' }, {}, []],
    [
      "options of Python's client",
      {
        SENTRY_METRICS_BACKEND: DOGSTATSD,
        SENTRY_METRICS_OPTIONS:
          '{"hostname_from_config":false,"api_key":"secret","statsd_socket_path":"/x","statsd_host":"a"}',
      },
      {},
      [
        'SENTRY_METRICS_OPTIONS.hostname_from_config',
        'SENTRY_METRICS_OPTIONS.api_key',
        'SENTRY_METRICS_OPTIONS.host',
      ],
    ],
    ['tags without a value', { ...ours, METRICS_TAGS: 'env:prod,canary' }, {}, ['METRICS_TAGS']],
    ['tags with several values', { ...ours, METRICS_TAGS: 'team:a,team:b' }, {}, ['METRICS_TAGS']],
    ['a tag that is there twice', { ...ours, METRICS_TAGS: 'team:a,team:a' }, {}, []],
    [
      'several values in tags of Python',
      {
        SENTRY_METRICS_BACKEND: DOGSTATSD,
        SENTRY_METRICS_OPTIONS: '{"statsd_constant_tags":["team:a","team:b"]}',
      },
      {},
      ['SENTRY_METRICS_OPTIONS.statsd_constant_tags'],
    ],
    [
      'a store in code beside one of the environment',
      { METRICS_INTERNAL: '{"redis":"redis://me:secret@h"}' },
      { internal: { store: {} } },
      ['METRICS_INTERNAL'],
    ],
  ])('%s', (_name, variables, options, expected) => {
    expect(read(variables, options).unused).toEqual(expected);
    expect(warnings).toHaveLength(expected.length > 0 ? 1 : 0);
    for (const name of expected) expect(warnings[0]).toContain(`\`${name}\` (`);
    expect(warnings.join()).not.toContain('secret');
  });
});

describe('variables of the recording API', () => {
  it('give tags, as DD_TAGS does, under those of the code', () => {
    const tagsOf = (METRICS_TAGS: string, options = {}) => read({ METRICS_TAGS }, options).api.tags;
    expect(tagsOf('env:prod, team:a:b')).toEqual({ env: 'prod', team: 'a:b' });
    expect(tagsOf('env:prod team:core')).toEqual({ env: 'prod', team: 'core' });
    expect(tagsOf('env:prod,team:core', { tags: { env: 'dev', n: 1 } })).toEqual({
      env: 'dev',
      team: 'core',
      n: 1,
    });
    expect(tagsOf('team:a,team:b')).toEqual({ team: 'b' });
    expect(tagsOf(' ')).toBeUndefined();
    expect(messageOf({ METRICS_TAGS: 'a:b' }, { tags: 'c:d' })).toMatch(/`tags` must be/);
  });

  it('turn metrics of Node on and off', () => {
    expect(read({ METRICS_RUNTIME: 'true' }).runtime).toBe(true);
    expect(read({ METRICS_RUNTIME: 'true' }, { runtime: false }).runtime).toBe(false);
    expect(read({ METRICS_RUNTIME: 'perhaps' }).runtime).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('`METRICS_RUNTIME` must be true or false')]);
  });
});

describe('the internal store', () => {
  it('is in the variable, option by option under the code', () => {
    const text = JSON.stringify({
      redis: 'redis://h:1',
      include: ['jobs.*'],
      tags: { a: 1 },
      rollups: [[10, 6]],
    });
    expect(read({ METRICS_INTERNAL: text }).internal).toEqual({
      redis: 'redis://h:1',
      include: ['jobs.*'],
      exclude: [],
      tags: { a: 1 },
      rollups: [[10, 6]],
      settingName: 'METRICS_INTERNAL',
    });
    const code = { internal: { include: ['x'], processTag: true } };
    expect(read({ METRICS_INTERNAL: text }, code).internal).toMatchObject({
      redis: 'redis://h:1',
      include: ['x'],
      processTag: true,
      settingName: 'internal',
    });
  });

  it("leaves out what Sentry's settings leave out", () => {
    const exclude = (variables: Variables, own: string[] = []) =>
      read(variables, { internal: { exclude: own } }).internal?.exclude;
    const name = 'SENTRY_METRICS_SKIP_INTERNAL_PREFIXES';
    expect(exclude({ [name]: 'a., b.' }, ['x'])).toEqual(['x', 'a.*', 'b.*']);
    expect(exclude({ [name]: '["a.", "b."]' })).toEqual(['a.*', 'b.*']);
    expect(exclude({ SENTRY_METRICS_SKIP_ALL_INTERNAL: 'True' })).toEqual(['*']);
    expect(messageOf({ [name]: "['a.']" }, { internal: {} })).toMatch(/it looks like Python/);
  });

  it.each<[Variables, string]>([
    [
      { METRICS_INTERNAL: 'true' },
      '`METRICS_INTERNAL` must be a JSON object such as {"include":["jobs.*"]}, not true',
    ],
    [{ METRICS_INTERNAL: '{"incldue":[]}' }, 'no option `METRICS_INTERNAL.incldue`'],
    [{ METRICS_INTERNAL: '{"tags":["a"]}' }, '`METRICS_INTERNAL.tags` must be an object whose values'],
    [{ METRICS_INTERNAL: '{"store":{}}' }, 'no option `METRICS_INTERNAL.store`'],
  ])('%o is an error', (variables, message) => {
    expect(messageOf(variables)).toContain(message);
  });

  it('that is handed in has its own rollups', () => {
    expect(messageOf({}, { internal: { store: {}, rollups: [[10, 6]] } })).toBe(
      'startMetrics: `internal.rollups` must be left out beside `store`, not an array',
    );
  });
});
