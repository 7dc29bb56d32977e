import { hostname } from 'node:os';
import { describeDatadogHttpOptions } from '@tallykit/exporter-datadog-http';
import { describeDogStatsdOptions } from '@tallykit/exporter-dogstatsd';
import { describeLoggingOptions } from '@tallykit/exporter-logging';
import { describeStatsdOptions } from '@tallykit/exporter-statsd';
import { METRICS_DEFAULTS } from '@tallykit/metrics';
import { readOptions as readDatadogHttp } from '../../packages/exporter-datadog-http/src/options.ts';
import { readOptions as readDogStatsd } from '../../packages/exporter-dogstatsd/src/options.ts';
import { readOptions as readStatsd } from '../../packages/exporter-statsd/src/options.ts';
import { readQuietly } from '../../packages/node/src/configuration.ts';
import { isHandedIn } from '../../packages/node/src/destination.ts';
import { intervalOf } from '../../packages/node/src/start-backend.ts';
import { readExporterOptions } from '../../packages/tsdb/src/exporter-options.ts';
import { readOptions as readStore } from '../../packages/tsdb/src/options.ts';

export type Variables = Readonly<Record<string, string | undefined>>;
export type Values = Readonly<Record<string, unknown>>;

/** How the options of a type are read, so that its table can be compared with the code. */
export interface Subject {
  /** The folder of the package that exports the type. */
  readonly folder: string;
  readonly type: string;
  /** Every option with the value that the code gives it. */
  read(given: Values, variables: Variables): Values;
  /** Reads the options as the exporter does, for the variables that are looked at. */
  look?(given: Values, variables: Variables): unknown;
  /** What can't be left out. */
  readonly needed?: Values;
  /** Where a default is written in words, or not shown as one value: what is given, which value is looked at, and what it is. */
  readonly defaults?: Readonly<Record<string, readonly DefaultCase[]>>;
  /** For each variable a text that makes another value than the default. */
  readonly texts?: Readonly<Record<string, string>>;
  /** The value in which an option is seen, where that isn't the one of its name. */
  readonly seenIn?: Readonly<Record<string, string>>;
  /** What is given beside a variable, which is not read without it. */
  readonly beside?: Readonly<Record<string, Variables>>;
  /** Options that are taken and change nothing. */
  readonly withoutEffect?: readonly string[];
  /** Variables that belong to no option of the table; a page names them. */
  readonly others?: readonly string[];
  /** Variables that a platform sets, and nobody else, or that are read for another package. */
  readonly unnamed?: readonly string[];
}

type DefaultCase = readonly [given: Values, option: string, value: unknown];

type Describe = (
  options: object,
  variables: Variables,
) => { readonly options: readonly { readonly name: string; readonly value: unknown }[] };

function readBy(describe: Describe): Subject['read'] {
  return (given, variables) =>
    Object.fromEntries(describe(given, variables).options.map(({ name, value }) => [name, value]));
}

/** They name the process, for the tag `process` (`readProcessFacts`). */
const PROCESS_VARIABLES = ['POD_NAME', 'K8S_POD_NAME', 'MY_POD_NAME', 'OTEL_RESOURCE_ATTRIBUTES'];
const PLATFORM_VARIABLES = [
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'KUBERNETES_SERVICE_HOST',
];

const DATADOG_TEXTS = {
  DD_ENV: 'prod',
  DD_SERVICE: 'shop',
  DD_VERSION: '42',
  DD_TAGS: 'team:web',
  DATADOG_TAGS: 'team:web',
};

/** Left out, it is not there. */
function absent(option: string): readonly DefaultCase[] {
  return [[{}, option, undefined]];
}

/** Both logs take the same logger, and write at levels of their own. */
function loggingDefaults(level: string): NonNullable<Subject['defaults']> {
  return {
    logger: [[{}, 'logger', "winston's logger 'metrics'"]],
    loggerName: [[{}, 'logger', "winston's logger 'metrics'"]],
    level: [[{}, 'level', level]],
  };
}

export const SUBJECTS: readonly Subject[] = [
  {
    folder: 'exporter-statsd',
    type: 'StatsdMetricExporterOptions',
    read: readBy(describeStatsdOptions),
    look: readStatsd,
    defaults: {
      maxLinesPerSecond: [[{ protocol: 'tcp' }, 'maxLinesPerSecond', undefined]],
      client: absent('client'),
      maxPayloadBytes: [
        [{ protocol: 'udp' }, 'maxPayloadBytes', 1432],
        [{ client: { sendMessage() {} } }, 'maxPayloadBytes', 1432],
        [{ protocol: 'tcp' }, 'maxPayloadBytes', 8192],
        [{ protocol: 'unixgram', path: '/x' }, 'maxPayloadBytes', 8192],
      ],
    },
    texts: { STATSD_HOST: 'statsd.internal', STATSD_PORT: '4711', STATSD_PREFIX: 'shop.' },
    others: PROCESS_VARIABLES,
    unnamed: PLATFORM_VARIABLES,
  },
  {
    folder: 'exporter-dogstatsd',
    type: 'DogStatsdMetricExporterOptions',
    read: readBy(describeDogStatsdOptions),
    look: readDogStatsd,
    defaults: {
      url: [
        [{}, 'host', '127.0.0.1'],
        [{}, 'path', undefined],
      ],
      path: absent('path'),
      client: absent('client'),
      originDetection: [[{}, 'originFields', '']],
      containerId: [[{}, 'originFields', '']],
      externalEnv: [[{}, 'originFields', '']],
      cardinality: [[{}, 'originFields', '']],
      maxPayloadBytes: [
        [{ host: '127.0.0.1' }, 'maxPayloadBytes', 1432],
        [{ client: { sendMessage() {} } }, 'maxPayloadBytes', 1432],
        [{ path: '/x' }, 'maxPayloadBytes', 8192],
        [{ url: 'unixgram:///x' }, 'maxPayloadBytes', 8192],
        [{ url: 'unixstream:///x' }, 'maxPayloadBytes', 8192],
      ],
    },
    texts: {
      ...DATADOG_TEXTS,
      DD_AGENT_HOST: 'agent.internal',
      DD_DOGSTATSD_PORT: '4711',
      DD_DOGSTATSD_URL: 'unix:///x',
      DD_DOGSTATSD_SOCKET: '/x',
      DD_ENTITY_ID: 'pod',
      DD_ORIGIN_DETECTION_ENABLED: 'true',
      DD_EXTERNAL_ENV: 'it-false',
      DD_CARDINALITY: 'low',
    },
    seenIn: {
      url: 'path',
      originDetection: 'originFields',
      externalEnv: 'originFields',
      cardinality: 'originFields',
    },
    beside: {
      // A machine has no container that could be found; what the variable is about, the test gives.
      DD_ORIGIN_DETECTION_ENABLED: { DD_EXTERNAL_ENV: 'it-false' },
      DD_EXTERNAL_ENV: { DD_ORIGIN_DETECTION_ENABLED: 'true' },
    },
    others: PROCESS_VARIABLES,
    unnamed: PLATFORM_VARIABLES,
  },
  {
    folder: 'exporter-datadog-http',
    type: 'DatadogHttpMetricExporterOptions',
    read: readBy(describeDatadogHttpOptions),
    look: readDatadogHttp,
    needed: { apiKey: 'key' },
    defaults: {
      apiKey: absent('appKey'),
      appKey: absent('appKey'),
      site: [[{}, 'url', 'https://api.datadoghq.com']],
      url: [
        [{}, 'url', 'https://api.datadoghq.com'],
        [{ site: 'datadoghq.eu' }, 'url', 'https://api.datadoghq.eu'],
      ],
      hostname: [[{}, 'hostname', hostname()]],
      fetch: absent('fetch'),
    },
    texts: {
      ...DATADOG_TEXTS,
      DD_API_KEY: 'another-key',
      DATADOG_API_KEY: 'another-key',
      DD_APP_KEY: 'key',
      DATADOG_APP_KEY: 'key',
      DD_SITE: 'datadoghq.eu',
      DD_URL: 'http://proxy.internal',
      DATADOG_HOST: 'http://proxy.internal',
      DD_HOSTNAME: 'web-1',
    },
    seenIn: { site: 'url' },
    withoutEffect: ['appKey'],
    others: PROCESS_VARIABLES,
    // It is read together with the other variables for tags, and used by DogStatsD only.
    unnamed: [...PLATFORM_VARIABLES, 'DD_ENTITY_ID'],
  },
  {
    folder: 'exporter-logging',
    type: 'LoggingMetricExporterOptions',
    read: readBy((options) => describeLoggingOptions(options)),
    defaults: loggingDefaults('info'),
  },
  {
    folder: 'exporter-logging',
    type: 'OperationLogOptions',
    read: readBy((options) => describeLoggingOptions(options, true)),
    defaults: loggingDefaults('debug'),
  },
  {
    folder: 'metrics',
    type: 'MetricsOptions',
    read: (given) => ({ tags: {}, ...METRICS_DEFAULTS, ...given }),
    defaults: {
      meterProvider: absent('meterProvider'),
      producers: absent('producers'),
      maxSeriesPerMetric: [[{}, 'maxSeriesPerMetric', 2_000]],
      tagRules: absent('tagRules'),
      events: absent('events'),
      operations: absent('operations'),
      observeTimeoutMillis: [[{}, 'observeTimeoutMillis', 2_000]],
    },
  },
  {
    folder: 'node',
    type: 'StartMetricsOptions',
    read: readStart,
    look: (given, variables) => readQuietly(given, variables),
    defaults: {
      backend: [[{}, 'backend', 'noop']],
      exporters: [[{}, 'backend', 'noop']],
      maxSeriesPerMetric: [[{}, 'maxSeriesPerMetric', 2_000]],
      tagRules: absent('tagRules'),
      observeTimeoutMillis: [
        [{}, 'observeTimeoutMillis', 2_000],
        [{ shutdownTimeoutMillis: 1_000 }, 'observeTimeoutMillis', 500],
      ],
      exportIntervalMillis: [
        ...['statsd', 'dogstatsd'].map((backend): DefaultCase => [
          { backend },
          'exportIntervalMillis',
          10_000,
        ]),
        [{ backend: 'datadog', options: { apiKey: 'key' } }, 'exportIntervalMillis', 10_000],
        ...['logging', 'otlp'].map((backend): DefaultCase => [{ backend }, 'exportIntervalMillis', 60_000]),
      ],
      aggregation: [
        [{}, 'aggregation', 'own'],
        [{ views: [{ instrumentName: 'x' }] }, 'aggregation', 'instruments'],
      ],
      internal: absent('internal'),
      meterProvider: absent('meterProvider'),
    },
    texts: {
      METRICS_BACKEND: 'statsd',
      SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend',
      OTEL_METRICS_EXPORTER: 'otlp',
      METRICS_OPTIONS: '{"port":4711}',
      SENTRY_METRICS_OPTIONS: '{"port":4711}',
      METRICS_TAGS: 'team:web',
      METRICS_RUNTIME: 'true',
      METRICS_INTERNAL: '{"include":["*"]}',
      OTEL_METRIC_EXPORT_INTERVAL: '4711',
    },
    beside: {
      METRICS_OPTIONS: { METRICS_BACKEND: 'statsd' },
      SENTRY_METRICS_OPTIONS: { SENTRY_METRICS_BACKEND: 'sentry.metrics.statsd.StatsdMetricsBackend' },
      OTEL_METRIC_EXPORT_INTERVAL: { METRICS_BACKEND: 'statsd' },
    },
    others: [
      'OTEL_SDK_DISABLED',
      'OTEL_METRIC_EXPORT_TIMEOUT',
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'SENTRY_METRICS_PREFIX',
      'SENTRY_METRICS_SAMPLE_RATE',
      'SENTRY_METRICS_SKIP_ALL_INTERNAL',
      'SENTRY_METRICS_SKIP_INTERNAL_PREFIXES',
      'SENTRY_METRICS_DISALLOW_BAD_TAGS',
      'SENTRY_TSDB',
      'SENTRY_TSDB_ROLLUPS',
      'SENTRY_TSDB_LEGACY_ROLLUPS',
      'STATSD_PREFIX',
    ],
    // OpenTelemetry's own exporter reads them; here they are compared with the time that a shutdown has.
    unnamed: ['OTEL_EXPORTER_OTLP_METRICS_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
  },
  {
    folder: 'tsdb',
    type: 'TimeseriesStoreOptions',
    read: (given) => ({ ...readStore(given) }),
    defaults: {
      // The coarsest rollup has 90 buckets of a day, and two more are kept (`SPARE_BUCKETS`).
      idleSeconds: [[{}, 'idleSeconds', 86_400 * 92]],
      redis: absent('redis'),
      now: [[{}, 'now', Date.now]],
    },
  },
  {
    folder: 'tsdb',
    type: 'RedisOptions',
    read: (given) => ({ ...readStore({ redis: given }).redis }),
    defaults: { url: [[{}, 'destination', '127.0.0.1:6379']], createClient: [] },
  },
  {
    folder: 'tsdb',
    type: 'TimeseriesMetricExporterOptions',
    read: (given) => ({ ...readExporterOptions(given) }),
    defaults: { store: [], processTag: [[{}, 'processTag', false]] },
  },
];

function readStart(given: Values, variables: Variables): Values {
  const configuration = readQuietly(given, variables);
  const [destination] = configuration.destinations;
  const named = destination === undefined || isHandedIn(destination) ? undefined : destination;
  return {
    ...METRICS_DEFAULTS,
    tags: {},
    ...configuration,
    ...configuration.api,
    backend: named?.backend,
    options: named?.options,
    exportIntervalMillis: named && intervalOf(named.backend, configuration),
  };
}
