import type { Attributes, MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { MetricsOptions, Tags } from '@tallykit/metrics';
import type {
  RedisOptions,
  TimeseriesMetricExporterOptions,
  TimeseriesStore,
  TimeseriesStoreOptions,
} from '@tallykit/tsdb';
import type { BackendSettings, ExporterSources } from './backend-settings.ts';

/** What makes `startMetrics` flush and shut down by itself. */
export type ShutdownCause = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR2' | 'beforeExit';

/**
 * What is kept in a store of `@tallykit/tsdb`, beside what the backends get: metrics that are recorded with
 * `{ internal: true }`, the names of `include`, and the last events. The variable `METRICS_INTERNAL` has them as JSON.
 */
export interface InternalOptions
  extends
    Pick<TimeseriesMetricExporterOptions, 'tags' | 'resourceTags' | 'processTag'>,
    Pick<TimeseriesStoreOptions, 'rollups' | 'maxSeries' | 'maxBytes' | 'idleSeconds' | 'histogramBuckets'> {
  /**
   * Names of further metrics to keep, with their prefix; `*` stands for any text: `['jobs.*', 'events.total']`.
   *
   * @default []
   */
  readonly include?: readonly string[] | undefined;
  /**
   * Names to leave out, also those of `include` and those that are recorded with `{ internal: true }`.
   *
   * @default []
   */
  readonly exclude?: readonly string[] | undefined;
  /**
   * The Redis that keeps everything as well, for a fleet: a URL, or the option `redis` of the store.
   *
   * @default history in memory only
   */
  readonly redis?: string | RedisOptions | undefined;
  /**
   * A `TimeseriesStore` to use. It is never shut down. No variable has this option.
   *
   * @default a new one
   */
  readonly store?: TimeseriesStore | undefined;
}

/** The options that `startMetrics` sets up for the default `metrics`. What `configureMetrics` says is added to them. */
export type ApiOptions<T extends Tags<T> = Tags> = Pick<
  MetricsOptions<T>,
  | 'prefix'
  | 'tags'
  | 'timingUnit'
  | 'maxSeriesPerMetric'
  | 'maxMetrics'
  | 'hold'
  | 'tagRules'
  | 'observeTimeoutMillis'
>;

/**
 * Options of {@link startMetrics}, of which `options` are typed by the name of the `backend`.
 *
 * @typeParam Sources the option `exporters`
 * @typeParam Internal the option `internal`
 * @typeParam T the option `tags`
 */
export type StartMetricsOptions<
  Sources extends ExporterSources = ExporterSources,
  Internal extends InternalOptions | undefined = InternalOptions | undefined,
  T extends Tags<T> = Tags,
> = BackendSettings<NoInfer<keyof Sources & string>> & CommonOptions<Sources, Internal, T>;

/** What `startMetrics` takes whatever the backend is. */
export interface CommonOptions<Sources, Internal, T extends Tags<T> = Tags> extends ApiOptions<T> {
  /**
   * Tags of every series of the default `metrics`. The variable is written as `DD_TAGS`: `key:value,key:value`. It stands under
   * the tags of code, tag by tag, and a tag has one value, the last one. Environment: `METRICS_TAGS`.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * Exporters that are made already, ours or others', each under a name. `backend`, or else the environment, chooses among
   * these names and the built-in ones; where neither does, all of them run. They get routes, flush and statistics like any
   * other backend, and are shut down with the others.
   *
   * @default {}
   */
  readonly exporters?: Sources | undefined;
  /**
   * How many milliseconds lie between two exports. Environment: `OTEL_METRIC_EXPORT_INTERVAL`.
   *
   * @default 10_000 for `statsd`, `dogstatsd` and `datadog`, and for their exporters among `exporters`; 60_000 for the others
   */
  readonly exportIntervalMillis?: number | undefined;
  /**
   * Attributes of the resource, beside those of host, process and service instance, which are detected. They win over these,
   * and over `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @default {}
   */
  readonly resource?: Attributes | undefined;
  /**
   * Views of OpenTelemetry. With them, metrics are recorded by the SDK's instruments.
   *
   * @default []
   */
  readonly views?: ViewOptions[] | undefined;
  /**
   * Where the values of the recording API are added up: `own` in the recording API itself, which is many times faster, or
   * `instruments` of the OpenTelemetry SDK, which is what views need.
   *
   * @default 'own', and 'instruments' where there are `views`
   */
  readonly aggregation?: 'own' | 'instruments' | undefined;
  /**
   * What is kept in a store of this process as well. The variable has it as JSON, option by option under those of code.
   * Environment: `METRICS_INTERNAL`.
   *
   * @default no store
   */
  readonly internal?: Internal | undefined;
  /**
   * Whether to record metrics of Node itself: event loop, heap, garbage collection. Needs the package
   * `@opentelemetry/instrumentation-runtime-node`. Environment: `METRICS_RUNTIME`.
   *
   * @default false
   */
  readonly runtime?: boolean | undefined;
  /**
   * Whether to record metrics of metrics: the calls of the recording API, and for each backend the points that are exported,
   * dropped (by cause) and on their way. All backends get them.
   *
   * @default false
   */
  readonly selfMetrics?: boolean | undefined;
  /**
   * A MeterProvider to record to, with the readers that it has. No other one is made then, and no backend can be named.
   *
   * @default a new one
   */
  readonly meterProvider?: ApiMeterProvider | undefined;
  /**
   * Whether to register the MeterProvider as the global one, for instruments of OpenTelemetry's own API.
   *
   * @default true
   */
  readonly global?: boolean | undefined;
  /**
   * When to flush and shut down by itself: at these signals, and at `beforeExit`, when the program has nothing left to do.
   * After a signal the process ends by that signal, unless the program listens to it as well.
   *
   * @default []
   */
  readonly shutdownOn?: readonly ShutdownCause[] | undefined;
  /**
   * How many milliseconds `shutdown` may take.
   *
   * @default 5_000
   */
  readonly shutdownTimeoutMillis?: number | undefined;
}

/** What `startMetrics` does without options. */
export const START_DEFAULTS = {
  backend: 'noop',
  exportIntervalMillis: { statsd: 10_000, dogstatsd: 10_000, datadog: 10_000, logging: 60_000, otlp: 60_000 },
  runtime: false,
  selfMetrics: false,
  global: true,
  shutdownOn: [],
  shutdownTimeoutMillis: 5_000,
} as const satisfies Record<string, unknown>;

/** What messages of this package start with. */
export const COMPONENT = 'startMetrics';

/** The environment. */
export type Variables = Readonly<Record<string, string | undefined>>;
