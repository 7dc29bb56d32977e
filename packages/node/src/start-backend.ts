import { EMPTY_ACCOUNT, GivenOptions, HealthRecord, Ledger, reasonOf } from '@tallykit/exporter-base';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { createOperationLog, LoggingMetricExporter } from '@tallykit/exporter-logging';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { EventSink } from '@tallykit/metrics';
import type { Backend, CountingExporter } from './backend.ts';
import type { BackendName, BackendOptions } from './backend-names.ts';
import { CallCount } from './call-count.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import type { Configuration } from './configuration.ts';
import { CountedExporter } from './counted-exporter.ts';
import { namingOwners } from './describe-backend.ts';
import { isHandedIn, type Destination, type NamedDestination } from './destination.ts';
import { filterMetrics } from './filter-metrics.ts';
import { FilteringExporter } from './filtering-exporter.ts';
import type { RunningExporters } from './handed-in-exporters.ts';
import { readPrometheusOptions } from './official-exporters.ts';
import { loadOfficial, PROMETHEUS_PACKAGE } from './official-packages.ts';
import { START_DEFAULTS } from './options.ts';
import { createOtlpExporter } from './otlp-backend.ts';
import { startPrometheus, type PrometheusReader } from './prometheus-backend.ts';
import { cardinalityLimit, collectionLimit, includeOf, periodicReader } from './readers.ts';
import { namingSetting } from './setting.ts';

/** A backend without what its destination says of it. */
type Endpoint = Omit<Backend, 'key' | 'takes'>;

/** What every backend is started with. */
export interface BackendContext {
  readonly configuration: Configuration;
  /** How many calls of the recording API were recorded so far. */
  readonly recordedCalls: () => number;
  /** Knows which instruments hold up a collection. */
  readonly instruments: InstrumentWatch;
}

type StartEndpoint = (destination: NamedDestination, context: BackendContext) => Endpoint;

/**
 * Makes the exporter of a backend, unless it was handed in, and the reader that collects for it.
 *
 * @throws OptionError for options that are wrong, with the setting that they come from
 */
export function startBackend(
  destination: Destination,
  exporters: RunningExporters,
  context: BackendContext,
): Backend {
  const { key, takes, settingName } = destination;
  const endpoint = namingSetting(settingName, () =>
    isHandedIn(destination)
      ? startHandedIn(exporters.get(key)!, destination, context)
      : namingOwners(() => START[destination.backend](destination, context)),
  );
  return { key, takes, ...endpoint };
}

/** Of a backend that sends nothing. */
const NEVER_SENT = new HealthRecord();

const START: Readonly<Record<BackendName, StartEndpoint>> = {
  // Without a reader, a MeterProvider keeps nothing, which is cheaper than an exporter that discards what was aggregated first.
  noop: () => ({
    sink: { event: () => undefined },
    flush: async () => ({ exported: 0, pending: 0, dropped: 0, errors: [] }),
    stats: () => ({ ...EMPTY_ACCOUNT, events: EMPTY_ACCOUNT }),
    health: () => NEVER_SENT.current,
  }),
  statsd: pushingWith(StatsdMetricExporter, 'StatsdMetricExporter'),
  dogstatsd: pushingWith(DogStatsdMetricExporter, 'DogStatsdMetricExporter'),
  datadog: pushingWith(DatadogHttpMetricExporter, 'DatadogHttpMetricExporter'),
  logging(destination, context) {
    const { operations, ...options } = destination.options;
    const given = new GivenOptions('logging', { operations }, ['operations']);
    if (given.oneOf('operations', [true, false])) return loggingOperations(options, destination.key);
    return pushingWith(LoggingMetricExporter, 'LoggingMetricExporter')({ ...destination, options }, context);
  },
  otlp(destination, context) {
    const { configuration } = context;
    const { exporter, componentType } = createOtlpExporter(
      destination.options,
      configuration.otlpProtocol,
      otlpTimeoutMillis(configuration),
    );
    return pushing(new CountedExporter(exporter, destination.key), componentType, destination, context);
  },
  prometheus(destination, { configuration, instruments }) {
    return startPrometheus(
      loadOfficial(PROMETHEUS_PACKAGE, 'the backend prometheus') as typeof PrometheusReader,
      readPrometheusOptions(destination.options, destination.settingName),
      {
        key: destination.key,
        configuration,
        limit: collectionLimit(configuration, instruments),
        cardinalityLimit: cardinalityLimit(configuration.api.maxSeriesPerMetric),
        filter: filterOf(destination, configuration),
        include: includeOf(destination.takes, configuration.api.prefix),
      },
    );
  },
};

/** OpenTelemetry's default of `OTEL_EXPORTER_OTLP_TIMEOUT`. */
const OTLP_TIMEOUT_MILLIS = 10_000;

/**
 * OpenTelemetry's exporter keeps the program alive while it tries. If it tried until the next export, a program whose
 * collector is away would never end; so it has half of the time that a shutdown has.
 */
function otlpTimeoutMillis(configuration: Configuration): number {
  const { otlpTimeoutMillis: ofEnvironment, shutdownTimeoutMillis } = configuration;
  const longest = Math.ceil(Math.min(intervalOf('otlp', configuration), shutdownTimeoutMillis) / 2);
  return ofEnvironment ?? Math.min(OTLP_TIMEOUT_MILLIS, longest);
}

type Pushing = keyof typeof START_DEFAULTS.exportIntervalMillis;

/** How often a backend is sent to. */
export function intervalOf(
  backend: string,
  { exportIntervalMillis }: Pick<Configuration, 'exportIntervalMillis'>,
): number {
  return exportIntervalMillis ?? START_DEFAULTS.exportIntervalMillis[backend as Pushing];
}

function pushingWith(
  Exporter: new (options: never) => CountingExporter,
  componentType: string,
): StartEndpoint {
  // The options are checked by the exporter.
  return (destination, context) =>
    pushing(new Exporter(destination.options as never), componentType, destination, context);
}

/** Exporters of ours that were handed in, with the backend whose defaults they get. */
const OURS = [
  [StatsdMetricExporter, 'statsd'],
  [DogStatsdMetricExporter, 'dogstatsd'],
  [DatadogHttpMetricExporter, 'datadog'],
  [LoggingMetricExporter, 'logging'],
] as const;

function startHandedIn(
  exporter: PushMetricExporter,
  destination: Destination,
  context: BackendContext,
): Endpoint {
  const [, backend = 'otlp'] = OURS.find(([Exporter]) => exporter instanceof Exporter) ?? [];
  const counting = isCounting(exporter) ? exporter : new CountedExporter(exporter, destination.key);
  return pushing(counting, exporter.constructor.name, { ...destination, backend }, context);
}

function isCounting(exporter: PushMetricExporter): exporter is CountingExporter {
  const { flush, stats, health } = exporter as Partial<CountingExporter>;
  return [flush, stats, health].every((method) => typeof method === 'function');
}

/** A backend whose exporter is handed the metrics at intervals. */
function pushing(
  exporter: CountingExporter,
  componentType: string,
  destination: Destination & { readonly backend: string },
  context: BackendContext,
): Endpoint {
  const { configuration, recordedCalls } = context;
  const filtered =
    destination.takes === undefined
      ? exporter
      : new FilteringExporter(exporter, filterOf(destination, configuration));
  const calls = new CallCount(recordedCalls, () => exporter.stats().pending.points > 0);
  exporter.open?.();
  return {
    componentType,
    calls,
    ...periodicReader(
      filtered,
      intervalOf(destination.backend, configuration),
      calls,
      context,
      includeOf(destination.takes, configuration.api.prefix),
    ),
    ...(typeof exporter.event === 'function' && { sink: exporter as EventSink }),
    flush: (options) => exporter.flush(options),
    flushSync: exporter.flushSync?.bind(exporter),
    stats: () => exporter.stats(),
    health: () => exporter.health(),
    shutdown: (options) => exporter.shutdown(options),
  };
}

/** What leaves the metrics that a backend takes. */
function filterOf(
  { takes }: Destination,
  { api }: Configuration,
): (metrics: ResourceMetrics) => ResourceMetrics {
  if (takes === undefined) return (metrics) => metrics;
  return (metrics) => filterMetrics(metrics, takes, api.prefix ?? '');
}

/** A log of each operation as it happens, instead of metrics. */
function loggingOperations(options: BackendOptions, key: string): Endpoint {
  const log = createOperationLog(options);
  const ledger = new Ledger(key);
  const health = new HealthRecord();
  return {
    // An event is one of the operations.
    sink: { event: () => undefined },
    operations(operation) {
      ledger.receive(1, 0);
      try {
        log(operation);
        ledger.export(1, 0);
        health.set('up');
      } catch (error) {
        ledger.drop('refused', 1, 0, 'an operation', reasonOf(error));
        health.set('down');
      }
    },
    flush: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
    health: () => health.current,
  };
}
