import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../src/configuration.ts';
import type { NamedDestination } from '../src/destination.ts';

type Variables = Record<string, string>;

const read = (options: object, variables: Variables = {}) =>
  readConfiguration(options, variables).destinations as readonly NamedDestination[];

/** Backends and options, by key. */
const shown = (options: object, variables: Variables = {}) =>
  Object.fromEntries(read(options, variables).map((one) => [one.key, { [one.backend]: one.options }]));

describe("Sentry's documented configurations", () => {
  const DATADOG = {
    countersAs: 'rate',
    histograms: 'aggregates',
    percentiles: [75, 85, 95, 99],
    prefix: 'sentry.',
  };
  const DOGSTATSD = { histograms: 'timing', prefix: 'sentry.' };
  it.each<[string, Variables, object]>([
    ['none', {}, { noop: { noop: {} } }],
    [
      'statsd',
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"host": "localhost", "port": 8125}',
      },
      { statsd: { statsd: { host: 'localhost', port: 8125, prefix: 'sentry.', dialect: 'none' } } },
    ],
    [
      'datadog',
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.datadog.DatadogMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"api_key": "KEY", "app_key": "APP", "tags": {}}',
      },
      { datadog: { datadog: { apiKey: 'KEY', appKey: 'APP', tags: {}, ...DATADOG } } },
    ],
    [
      "dogstatsd, in the page's module",
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.datadog.DogStatsdMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"host": "localhost", "port": 8125, "tags": {}}',
      },
      { dogstatsd: { dogstatsd: { host: 'localhost', port: 8125, tags: {}, ...DOGSTATSD } } },
    ],
    [
      'logging',
      { SENTRY_METRICS_BACKEND: 'sentry.metrics.logging.LoggingBackend' },
      { logging: { logging: { operations: true, loggerName: 'sentry.metrics' } } },
    ],
    [
      "dogstatsd, with the source's own module and options",
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.dogstatsd.DogStatsdMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"statsd_host": "agent", "statsd_port": 8126, "tags": {"snake_case": 1}}',
        SENTRY_METRICS_PREFIX: 'mine.',
      },
      {
        dogstatsd: {
          dogstatsd: {
            histograms: 'timing',
            prefix: 'mine.',
            host: 'agent',
            port: 8126,
            tags: { snake_case: 1 },
          },
        },
      },
    ],
    [
      'precise dogstatsd over a socket',
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.precise_dogstatsd.PreciseDogStatsdMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"statsd_socket_path": "/run/dsd.sock"}',
        SENTRY_METRICS_PREFIX: '',
      },
      { dogstatsd: { dogstatsd: { histograms: 'distribution', prefix: '', path: '/run/dsd.sock' } } },
    ],
    ['dummy', { SENTRY_METRICS_BACKEND: 'sentry.metrics.dummy.DummyMetricsBackend' }, { noop: { noop: {} } }],
  ])('%s', (_name, variables, expected) => {
    expect(shown({}, variables)).toEqual(expected);
  });

  it('give way to the prefix of the options, and to that of the code', () => {
    const variables = {
      SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend',
      SENTRY_METRICS_OPTIONS: '{"prefix": ""}',
    };
    expect(shown({}, variables)).toEqual({ statsd: { statsd: { prefix: '', dialect: 'none' } } });
    const { SENTRY_METRICS_BACKEND } = variables;
    expect(shown({ prefix: 'shop.' }, { SENTRY_METRICS_BACKEND })).toEqual({
      statsd: { statsd: { dialect: 'none' } },
    });
  });

  it('send no tags over StatsD, as Sentry does, unless the options choose a dialect', () => {
    const backend = { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend' };
    const dialectOf = (variables: Variables, options = {}) => read(options, variables)[0]?.options['dialect'];
    expect(dialectOf(backend)).toBe('none');
    expect(dialectOf({ ...backend, SENTRY_METRICS_OPTIONS: '{"dialect":"influx"}' })).toBe('influx');
    expect(dialectOf({ ...backend, METRICS_OPTIONS: '{"dialect":"dogstatsd"}' })).toBe('dogstatsd');
    expect(dialectOf({}, { backend: backend.SENTRY_METRICS_BACKEND })).toBe('none');
    expect(dialectOf({ METRICS_BACKEND: 'statsd' })).toBeUndefined();
  });

  it('name the tags that nobody gets without a dialect for them', () => {
    const backend = { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend' };
    const unusedOf = (text: string) =>
      readConfiguration({}, { ...backend, SENTRY_METRICS_OPTIONS: text }).unused.map(({ name }) => name);
    expect(unusedOf('{"tags":{"region":"eu"},"resource_tags":["service.name"]}')).toEqual([
      'SENTRY_METRICS_OPTIONS.tags',
      'SENTRY_METRICS_OPTIONS.resourceTags',
    ]);
    expect(unusedOf('{"tags":{},"resource_tags":[]}')).toEqual([]);
    expect(unusedOf('{"tags":{"region":"eu"},"dialect":"graphite"}')).toEqual([]);
    const [destination] = read({}, { ...backend, SENTRY_METRICS_OPTIONS: '{"tags":{"region":"eu"}}' });
    expect(Object.keys(destination!.options).toSorted()).toEqual(['dialect', 'prefix']);
  });

  it('have the rules for tags, which throw when the setting says so', () => {
    const backend = { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend' };
    const rulesOf = (variables: Variables, options = {}) =>
      readConfiguration(options, variables).api.tagRules;
    expect(rulesOf({})).toBeUndefined();
    expect(rulesOf(backend)).toMatchObject({ deny: ['event', 'project', 'group'], denySuffixes: ['_id'] });
    expect(rulesOf(backend)?.onViolation).toBeUndefined();
    expect(rulesOf({ SENTRY_METRICS_DISALLOW_BAD_TAGS: 'True' })?.onViolation).toBe('throw');
    expect(rulesOf({ ...backend, SENTRY_METRICS_DISALLOW_BAD_TAGS: '0' })?.onViolation).toBeUndefined();
    expect(rulesOf({ ...backend, SENTRY_METRICS_DISALLOW_BAD_TAGS: '' })?.onViolation).toBeUndefined();
    expect(rulesOf(backend, { tagRules: { deny: ['x'] } })).toEqual({ deny: ['x'] });
    expect(() => rulesOf({ SENTRY_METRICS_DISALLOW_BAD_TAGS: 'maybe' })).toThrow(
      'startMetrics: `SENTRY_METRICS_DISALLOW_BAD_TAGS` must be true or false, not a string of 5 characters',
    );
  });

  it('are trimmed', () => {
    const variables = {
      SENTRY_METRICS_BACKEND: ' sentry.metrics.statsd.StatsdMetricsBackend\n',
      SENTRY_METRICS_PREFIX: 'mine.\n',
      SENTRY_METRICS_DISALLOW_BAD_TAGS: 'true\r\n',
    };
    expect(shown({}, variables)).toEqual({ statsd: { statsd: { prefix: 'mine.', dialect: 'none' } } });
    expect(readConfiguration({}, variables).api.tagRules?.onViolation).toBe('throw');
    expect(shown({}, { METRICS_BACKEND: ' \n', OTEL_METRICS_EXPORTER: 'none\n' })).toEqual({
      noop: { noop: {} },
    });
    expect(shown({}, { METRICS_BACKEND: 'statsd', OTEL_SDK_DISABLED: 'true\n' })).toEqual({
      noop: { noop: {} },
    });
  });

  it('include dual-write', () => {
    const destinations = read(
      {},
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.dualwrite.DualWriteMetricsBackend',
        SENTRY_METRICS_OPTIONS: JSON.stringify({
          primary_backend: 'sentry.metrics.statsd.StatsdMetricsBackend',
          primary_backend_args: { host: 'one' },
          secondary_backend: 'sentry.metrics.precise_dogstatsd.PreciseDogStatsdMetricsBackend',
          secondary_backend_args: { statsd_host: 'two', prefix: '' },
          experimental_backend: 'sentry.metrics.logging.LoggingBackend',
          secondary_prefixes: ['new.'],
          distribution_prefixes: ['release-health.'],
        }),
      },
    );
    expect(destinations.map(({ key, backend, options }) => ({ key, backend, ...options }))).toEqual([
      { key: 'primary', backend: 'statsd', dialect: 'none', prefix: 'sentry.', host: 'one' },
      { key: 'secondary', backend: 'dogstatsd', histograms: 'distribution', prefix: '', host: 'two' },
      { key: 'experimental', backend: 'logging', operations: true, loggerName: 'sentry.metrics' },
    ]);
    const who = (name: string, kind: 'distribution' | 'other') =>
      destinations.filter(({ takes }) => takes?.(name, kind)).map(({ key }) => key);
    expect(who('new.x', 'distribution')).toEqual(['secondary', 'experimental']);
    expect(who('release-health.x', 'distribution')).toEqual(['primary', 'secondary', 'experimental']);
    expect(who('release-health.x', 'other')).toEqual(['primary', 'experimental']);
    expect(who('x', 'distribution')).toEqual(['primary', 'experimental']);
    const missing = read({}, { SENTRY_METRICS_BACKEND: 'sentry.metrics.dualwrite.DualWriteMetricsBackend' });
    expect(missing.map(({ key, backend }) => [key, backend])).toEqual([
      ['primary', 'noop'],
      ['secondary', 'noop'],
    ]);
  });
});

describe('backends', () => {
  it('are chosen by the code before the environment before the default', () => {
    const ours = { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"host":"env","port":1}' };
    const sentrys = { SENTRY_METRICS_BACKEND: 'sentry.metrics.logging.LoggingBackend' };
    const otels = { OTEL_METRICS_EXPORTER: 'otlp' };
    expect(shown({})).toEqual({ noop: { noop: {} } });
    expect(shown({}, otels)).toEqual({ otlp: { otlp: {} } });
    expect(shown({}, { ...otels, ...sentrys })).toHaveProperty('logging');
    expect(shown({}, { ...otels, ...sentrys, ...ours })).toEqual({
      statsd: { statsd: { host: 'env', port: 1 } },
    });
    expect(shown({ options: { port: 2 } }, ours)).toEqual({ statsd: { statsd: { host: 'env', port: 2 } } });
    // The options of another backend are none of this one's.
    expect(shown({ backend: 'dogstatsd' }, ours)).toEqual({ dogstatsd: { dogstatsd: {} } });
    expect(shown({ backend: 'statsd', options: { port: 2 } }, ours)).toEqual({
      statsd: { statsd: { host: 'env', port: 2 } },
    });
    expect(shown({ backend: 'statsd' }, { METRICS_OPTIONS: '{"port":3}' })).toEqual({
      statsd: { statsd: { port: 3 } },
    });
    expect(shown({}, { ...ours, OTEL_SDK_DISABLED: 'true' })).toEqual({ noop: { noop: {} } });
    expect(shown({}, { METRICS_BACKEND: '', METRICS_OPTIONS: '' })).toEqual({ noop: { noop: {} } });
  });

  it('may be several, each with its options under its name', () => {
    expect(
      shown(
        { options: { logging: { format: 'summary' } } },
        {
          METRICS_BACKEND: 'StatsD, logging',
          METRICS_OPTIONS: '{"statsd":{"host":"env"},"logging":{"level":"debug"}}',
        },
      ),
    ).toEqual({
      statsd: { statsd: { host: 'env' } },
      logging: { logging: { level: 'debug', format: 'summary' } },
    });
  });

  it('may be a primary and a secondary one, in code and in the environment', () => {
    const dual = {
      primary: { backend: 'statsd', options: { sample_limit: 50 } },
      secondary: 'logging',
      routes: { secondary: ['a.'], both: ['b.'] },
    };
    for (const destinations of [
      read({ backend: dual }),
      read({}, { METRICS_BACKEND: JSON.stringify(dual) }),
    ]) {
      expect(destinations.map(({ key, backend, options }) => [key, backend, options])).toEqual([
        ['primary', 'statsd', { sampleLimit: 50 }],
        ['secondary', 'logging', {}],
      ]);
      const names = ['a.x', 'b.x', 'c.x'];
      expect(destinations.map(({ takes }) => names.map((name) => takes?.(name, 'other')))).toEqual([
        [false, true, true],
        [true, true, false],
      ]);
    }
  });

  it('that discard take no options, so that a variable can turn metrics off', () => {
    expect(shown({}, { METRICS_BACKEND: 'noop', METRICS_OPTIONS: '{"host":' })).toEqual({
      noop: { noop: {} },
    });
    expect(shown({}, { METRICS_BACKEND: 'none' })).toEqual({ noop: { noop: {} } });
  });

  it.each<[object, Variables, string]>([
    [
      {},
      { METRICS_BACKEND: 'statds' },
      'startMetrics: `METRICS_BACKEND` must be one of statsd, dogstatsd, datadog, logging, console, otlp, prometheus, noop, ' +
        'not a string of 6 characters; did you mean statsd?',
    ],
    [
      {},
      { METRICS_BACKEND: 'udp://me:hunter2@h' },
      'startMetrics: `METRICS_BACKEND` must be one of statsd, dogstatsd, datadog, logging, console, otlp, prometheus, noop, not a string of 18 characters',
    ],
    [
      { backend: 'graphite' },
      {},
      'startMetrics: `backend` must be one of statsd, dogstatsd, datadog, logging, console, otlp, prometheus, noop, not a string of 8 characters',
    ],
    [
      {},
      { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricBackend' },
      'sentry.metrics.dualwrite.DualWriteMetricsBackend, not a string of 41 characters; ' +
        'did you mean sentry.metrics.statsd.StatsdMetricsBackend?',
    ],
    [
      {},
      { METRICS_BACKEND: 'statsd', METRICS_OPTIONS: '{"host":"secret",}' },
      'startMetrics: `METRICS_OPTIONS` must be a JSON object such as {"host":"localhost"}, not a string of 18 characters that is not valid JSON at position 17 (line 1, column 18): the name of a property in double quotes is missing',
    ],
    [
      {},
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend',
        SENTRY_METRICS_OPTIONS: '8125',
      },
      'startMetrics: `SENTRY_METRICS_OPTIONS` must be a JSON object such as {"host":"localhost"}, not a number of 4 digits',
    ],
    [
      {},
      { METRICS_BACKEND: 'dogstatsd', METRICS_OPTIONS: '{"host":"a","statsd_host":"b"}' },
      'startMetrics: `METRICS_OPTIONS.statsd_host` must be left out beside `host`, which is the same option',
    ],
    [
      { backend: 'statsd,logging', options: { host: 'x' } },
      {},
      'startMetrics: there is no option `options.host`; there are statsd, logging; each of several backends has its options under its name',
    ],
    [
      { backend: 'statsd,statsd' },
      {},
      'startMetrics: `backend` must be a list that names statsd once; two of a kind need { primary, secondary, routes }',
    ],
    [
      { backend: 5 },
      {},
      'startMetrics: `backend` must be the name of a backend, or { primary, secondary, routes }',
    ],
    [{ backend: { primary: 'statsd' } }, {}, 'startMetrics: `backend.secondary` must be given'],
    [
      { backend: { primary: 'statsd', second: 'x' } },
      {},
      'startMetrics: there is no option `backend.second`; there are primary, secondary, experimental, routes',
    ],
    [
      { backend: { primary: 'statsd', secondary: { name: 'x' } } },
      {},
      'startMetrics: there is no option `backend.secondary.name`',
    ],
    [
      { backend: { primary: 'statsd', secondary: 'noop', routes: { both: 'x' } } },
      {},
      'startMetrics: `backend.routes.both` must be an array of strings, not a string of 1 character',
    ],
    [
      { backend: { primary: 'statsd', secondary: 'noop' }, options: {} },
      {},
      'startMetrics: `options` must be left out: each of several backends has its own options',
    ],
    [{ bakend: 'statsd' }, {}, 'startMetrics: there is no option `bakend`; there are backend, options, '],
    [{ bakend: 'statsd' }, {}, '; did you mean backend?'],
    [{ internal: { incldue: ['jobs.*'] } }, {}, 'histogramBuckets, store; did you mean include?'],
    [
      { exportIntervalMillis: 0 },
      {},
      'startMetrics: `exportIntervalMillis` must be a whole number from 1 to',
    ],
    [
      { shutdownOn: ['SIGKILL'] },
      {},
      'startMetrics: `shutdownOn` must be some of SIGTERM, SIGINT, SIGHUP, SIGUSR2, beforeExit',
    ],
    [
      { internal: { include: 'jobs.*' } },
      {},
      'startMetrics: `internal.include` must be an array of strings, not a string of 6 characters',
    ],
    [
      { runtime: 'yes' },
      {},
      'startMetrics: `runtime` must be one of true, false, not a string of 3 characters',
    ],
    [{ prefix: 5 }, {}, 'createMetrics: `prefix` must be a string, not a number of 1 digit'],
    [{ meterProvider: {} }, {}, 'startMetrics: `meterProvider` must be a MeterProvider'],
    [
      { meterProvider: { getMeter: () => undefined }, backend: 'statsd' },
      {},
      'startMetrics: `backend` must be left out beside `meterProvider`, which has its own readers already',
    ],
    [
      {},
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.dualwrite.DualWriteMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"primary_backnd": "x"}',
      },
      'startMetrics: there is no option `SENTRY_METRICS_OPTIONS.primaryBacknd`; there are primary_backend, ',
    ],
    [
      {},
      {
        SENTRY_METRICS_BACKEND: 'sentry.metrics.dualwrite.DualWriteMetricsBackend',
        SENTRY_METRICS_OPTIONS: '{"primary_backnd": "x"}',
      },
      '; these are the options of sentry.metrics.dualwrite.DualWriteMetricsBackend; did you mean primary_backend?',
    ],
  ])('%j with %j is an error', (options, variables, message) => {
    let said: unknown;
    try {
      read(options, variables);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toContain(message);
    expect(said).not.toContain('secret');
  });

  it("a variable of OpenTelemetry's that is wrong is ignored, as it specifies", () => {
    expect(readConfiguration({}, { OTEL_METRIC_EXPORT_INTERVAL: '500' }).exportIntervalMillis).toBe(500);
    expect(
      readConfiguration({ exportIntervalMillis: 7 }, { OTEL_METRIC_EXPORT_INTERVAL: '500' })
        .exportIntervalMillis,
    ).toBe(7);
    expect(readConfiguration({}, { OTEL_METRIC_EXPORT_INTERVAL: 'x' }).exportIntervalMillis).toBeUndefined();
  });
});
