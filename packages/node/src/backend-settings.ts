import type { DatadogHttpMetricExporterOptions } from '@tallykit/exporter-datadog-http';
import type { DogStatsdMetricExporterOptions } from '@tallykit/exporter-dogstatsd';
import type { LoggingMetricExporterOptions } from '@tallykit/exporter-logging';
import type { StatsdMetricExporterOptions } from '@tallykit/exporter-statsd';
import type { InstrumentType, AggregationOption, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { BackendOptions } from './backend-names.ts';
import type { Routes } from './routes.ts';

/** An exporter that was made already, or a function that makes one, which is called only where the exporter is chosen. */
export type ExporterSource = PushMetricExporter | (() => PushMetricExporter | Promise<PushMetricExporter>);

/** Exporters that are handed in, by their names. */
export type ExporterSources = Readonly<Record<string, ExporterSource>>;

/** Options of the backend `otlp`, as OpenTelemetry's exporter takes them. */
export interface OtlpOptions {
  /**
   * The protocol, which decides which package is needed. Environment: `OTEL_EXPORTER_OTLP_METRICS_PROTOCOL`,
   * `OTEL_EXPORTER_OTLP_PROTOCOL`.
   *
   * @default the first of these whose package is installed
   */
  readonly protocol?: 'http/protobuf' | 'grpc' | 'http/json' | undefined;
  /**
   * Where metrics are sent. Over HTTP, `/v1/metrics` is added to the second variable. Environment:
   * `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, `OTEL_EXPORTER_OTLP_ENDPOINT`.
   *
   * @default `http://localhost:4318/v1/metrics`; with `grpc`, `http://localhost:4317`
   */
  readonly url?: string | undefined;
  /**
   * Headers of each request over HTTP, or a function that returns them; `grpc` has `metadata`. Environment:
   * `OTEL_EXPORTER_OTLP_METRICS_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS`.
   */
  readonly headers?: Readonly<Record<string, string>> | (() => Promise<Record<string, string>>) | undefined;
  /**
   * How many milliseconds one export may take, its further attempts included. Environment:
   * `OTEL_EXPORTER_OTLP_METRICS_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT`.
   *
   * @default half of an interval, half of `shutdownTimeoutMillis`, or 10 seconds, whichever is least
   */
  readonly timeoutMillis?: number | undefined;
  /**
   * How many requests may be under way.
   *
   * @default 30
   */
  readonly concurrencyLimit?: number | undefined;
  /**
   * How bodies are compressed. Environment: `OTEL_EXPORTER_OTLP_METRICS_COMPRESSION`, `OTEL_EXPORTER_OTLP_COMPRESSION`.
   *
   * @default 'none'
   */
  readonly compression?: 'none' | 'gzip' | undefined;
  /**
   * Whether sums are increases since the last export or running totals. Environment:
   * `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`.
   *
   * @default 'cumulative'
   */
  readonly temporalityPreference?: 'delta' | 'cumulative' | 'lowmemory' | number | undefined;
  /** How the values of each type of instrument are added up. */
  readonly aggregationPreference?: ((instrumentType: InstrumentType) => AggregationOption) | undefined;
  /** What is sent with each request over gRPC: a `Metadata` of `@grpc/grpc-js`. */
  readonly metadata?: object | undefined;
  /** Credentials of the connection over gRPC: `ChannelCredentials` of `@grpc/grpc-js`. */
  readonly credentials?: object | undefined;
  /** Whether connections stay open between exports. */
  readonly keepAlive?: boolean | undefined;
  /** Options of Node's HTTP agent, or a function that makes one. */
  readonly httpAgentOptions?: object | undefined;
  /** The text that stands before the exporter's own user agent. */
  readonly userAgent?: string | undefined;
}

/** Options of the backend `prometheus`, as OpenTelemetry's exporter takes them. */
export interface PrometheusOptions {
  /**
   * The address at which it listens. Environment: `OTEL_EXPORTER_PROMETHEUS_HOST`.
   *
   * @default all addresses
   */
  readonly host?: string | undefined;
  /**
   * The port at which it listens. Environment: `OTEL_EXPORTER_PROMETHEUS_PORT`.
   *
   * @default 9464
   */
  readonly port?: number | undefined;
  /**
   * The path under which it answers.
   *
   * @default '/metrics'
   */
  readonly endpoint?: string | undefined;
  /** The text that stands in front of every name. */
  readonly prefix?: string | undefined;
  /** Whether each sample has its time. */
  readonly appendTimestamp?: boolean | undefined;
  /** Which attributes of the resource become labels of every series. */
  readonly withResourceConstantLabels?: RegExp | string | undefined;
  /** Whether the labels of the instrumentation scope are left out. */
  readonly withoutScopeInfo?: boolean | undefined;
  /** Whether `target_info`, the attributes of the resource, is left out. */
  readonly withoutTargetInfo?: boolean | undefined;
  /**
   * Whether to leave the serving to the program, with the `metricsHandler` of `startMetrics`.
   *
   * @default false
   */
  readonly preventServerStart?: boolean | undefined;
}

/** Options of the backend `logging`. */
export type LoggingOptions = LoggingMetricExporterOptions & {
  /**
   * Whether each call is logged as it happens, in place of metrics.
   *
   * @default false
   */
  readonly operations?: boolean | undefined;
};

/** Options of each backend, by its name. */
export interface OptionsByBackend {
  /** Of `StatsdMetricExporter`. */
  readonly statsd: StatsdMetricExporterOptions;
  /** Of `DogStatsdMetricExporter`. */
  readonly dogstatsd: DogStatsdMetricExporterOptions;
  /** Of `DatadogHttpMetricExporter`. */
  readonly datadog: DatadogHttpMetricExporterOptions;
  /** Of `LoggingMetricExporter`, or of the log of operations. */
  readonly logging: LoggingOptions;
  /** As `logging`; the logger is `console`. */
  readonly console: LoggingOptions;
  /** Of OpenTelemetry's OTLP exporters. */
  readonly otlp: OtlpOptions;
  /** Of OpenTelemetry's `PrometheusExporter`. */
  readonly prometheus: PrometheusOptions;
  /** They are ignored, so that a backend can be turned off by its name alone. */
  readonly noop: BackendOptions;
  /** The same as `noop`. */
  readonly none: BackendOptions;
}

/** A backend of this package. */
export type BuiltInBackendName = keyof OptionsByBackend;

/** One of Sentry's backends by its Python path, with the options of Sentry's settings. */
export type SentryBackendName = `sentry.metrics.${string}`;

/** A list of names, with commas between. */
export type ListOf<Name extends string> = `${Name},${Name}` | `${Name},${Name},${string}`;

/** A backend and its options; `Name`s are those of `exporters`. */
export type BackendSettings<Name extends string = never> =
  | {
      [Known in BuiltInBackendName]: {
        /**
         * Where metrics go: `statsd`, `dogstatsd`, `datadog`, `logging`, `console`, `otlp`, `prometheus`, `noop` or `none`, a
         * name of `exporters`, one of Sentry's Python paths, several of these with commas between, or a primary and a secondary
         * backend. The first variable that is set counts. Environment: `METRICS_BACKEND`, `SENTRY_METRICS_BACKEND`,
         * `OTEL_METRICS_EXPORTER`.
         *
         * @default the `exporters`, and without these `noop`
         */
        readonly backend: Known;
        /**
         * Options of the backend's exporter; of several backends, an object with the options of each under its name. The
         * variables have them as JSON, option by option under those of code. Environment: `METRICS_OPTIONS`,
         * `SENTRY_METRICS_OPTIONS`.
         *
         * @default {}
         */
        readonly options?: OptionsByBackend[Known] | undefined;
      };
    }[BuiltInBackendName]
  | { readonly backend: SentryBackendName; readonly options?: BackendOptions | undefined }
  | { readonly backend: Name; readonly options?: undefined }
  | {
      readonly backend: ListOf<BuiltInBackendName | Name>;
      readonly options?:
        | { readonly [Known in BuiltInBackendName]?: OptionsByBackend[Known] | undefined }
        | undefined;
    }
  | { readonly backend: DualWrite<Name>; readonly options?: undefined }
  // The environment names it.
  | { readonly backend?: undefined; readonly options?: BackendOptions | undefined };

/** One of several backends: its name, or its name and its options. */
export type BackendChoice<Name extends string = never> =
  | BuiltInBackendName
  | SentryBackendName
  | Name
  | Extract<BackendSettings<Name>, { readonly backend: BuiltInBackendName | SentryBackendName | Name }>;

/**
 * Two backends, and which names go to which.
 *
 * @example
 * { primary: 'statsd', secondary: { backend: 'datadog', options: { site: 'datadoghq.eu' } }, routes: { both: ['orders.'] } }
 */
export interface DualWrite<Name extends string = never> {
  /** Gets every name that no route gives to the secondary backend alone. */
  readonly primary: BackendChoice<Name>;
  /** Gets only the names that a route gives to it. */
  readonly secondary: BackendChoice<Name>;
  /** Gets everything, whatever the routes are. */
  readonly experimental?: BackendChoice<Name> | undefined;
  /**
   * Which names go to which backend.
   *
   * @default everything to the primary backend
   */
  readonly routes?: Routes | undefined;
}
