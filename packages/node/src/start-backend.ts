import { EMPTY_ACCOUNT, GivenOptions, Ledger, reasonOf } from '@tallykit/exporter-base';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { EventSink, OperationListener } from '@tallykit/metrics';
import type { Backend, CountingExporter } from './backend.ts';
import type { BackendName, BackendOptions } from './backend-names.ts';
import type { Configuration } from './configuration.ts';
import { CountedExporter } from './counted-exporter.ts';
import type { Destination } from './destination.ts';
import { construct, EXPORTER_PACKAGES } from './exporter-packages.ts';
import { filterMetrics } from './filter-metrics.ts';
import { FilteringExporter } from './filtering-exporter.ts';
import { readOtlpOptions, readPrometheusOptions } from './official-exporters.ts';
import { START_DEFAULTS } from './options.ts';
import type { PackageExports, Packages } from './packages.ts';
import { startPrometheus } from './prometheus-backend.ts';
import { cardinalityLimit, includeOf, periodicReader, producerFor } from './readers.ts';
import { namingSetting } from './setting.ts';

/** A backend without what its destination says of it. */
type Endpoint = Omit<Backend, 'key' | 'takes'>;

type StartEndpoint = (
  exports: PackageExports,
  destination: Destination,
  configuration: Configuration,
) => Endpoint;

/**
 * Makes the exporter of a backend, and the reader that collects for it.
 *
 * @throws OptionError for options that are wrong, with the setting that they come from
 */
export function startBackend(
  destination: Destination,
  packages: Packages,
  configuration: Configuration,
): Backend {
  const { key, backend, takes, settingName } = destination;
  if (backend === 'noop') return { key, takes, ...DISCARDING };
  const exports = packages.get(EXPORTER_PACKAGES[backend])!;
  const endpoint = namingSetting(settingName, () => START[backend](exports, destination, configuration));
  return { key, takes, ...endpoint };
}

/**
 * Without a reader, a MeterProvider keeps nothing, which is cheaper than an exporter that discards what was aggregated
 * first.
 */
const DISCARDING: Endpoint = {
  sink: { event: () => undefined },
  flush: async () => ({ exported: 0, pending: 0, dropped: 0, errors: [] }),
  stats: () => ({ ...EMPTY_ACCOUNT, events: EMPTY_ACCOUNT }),
};

const START: Readonly<Record<Exclude<BackendName, 'noop'>, StartEndpoint>> = {
  statsd: pushingWith('StatsdMetricExporter'),
  dogstatsd: pushingWith('DogStatsdMetricExporter'),
  datadog: pushingWith('DatadogHttpMetricExporter'),
  logging(exports, destination, configuration) {
    const { operations, ...options } = destination.options;
    const given = new GivenOptions('logging', { operations }, ['operations']);
    if (given.oneOf('operations', [true, false])) return loggingOperations(exports, options, destination.key);
    return pushingWith('LoggingMetricExporter')(exports, { ...destination, options }, configuration);
  },
  otlp(exports, destination, configuration) {
    const exporter = construct(exports, 'OTLPMetricExporter', {
      timeoutMillis: otlpTimeoutMillis(configuration),
      ...readOtlpOptions(destination.options),
    }) as PushMetricExporter;
    const counted = new CountedExporter(exporter, destination.key);
    return pushing(counted, 'otlp_http_json_metric_exporter', destination, configuration);
  },
  prometheus(exports, destination, configuration) {
    const include = includeOf(destination.takes, configuration.api.prefix);
    return startPrometheus(exports, readPrometheusOptions(destination.options), {
      key: destination.key,
      cardinalityLimit: cardinalityLimit(configuration.api.maxSeriesPerMetric),
      filter: filterOf(destination, configuration),
      producer: producerFor(configuration, {
        ...(include && { include }),
      }),
    });
  },
};

/** OpenTelemetry's default of `OTEL_EXPORTER_OTLP_TIMEOUT`. */
const OTLP_TIMEOUT_MILLIS = 10_000;

/**
 * OpenTelemetry's exporter keeps the program alive while it tries. If it tried until the next export, a program whose
 * collector is away would never end.
 */
function otlpTimeoutMillis(configuration: Configuration): number {
  const longest = Math.ceil(intervalOf('otlp', configuration) / 2);
  return configuration.otlpTimeoutMillis ?? Math.min(OTLP_TIMEOUT_MILLIS, longest);
}

function intervalOf(backend: BackendName, { exportIntervalMillis }: Configuration): number {
  const defaults = START_DEFAULTS.exportIntervalMillis;
  return exportIntervalMillis ?? defaults[backend as keyof typeof defaults];
}

function pushingWith(exporterName: string): StartEndpoint {
  return (exports, destination, configuration) => {
    const exporter = construct(exports, exporterName, destination.options) as CountingExporter;
    return pushing(exporter, exporterName, destination, configuration);
  };
}

/** A backend whose exporter is handed the metrics at intervals. */
function pushing(
  exporter: CountingExporter,
  componentType: string,
  destination: Destination,
  configuration: Configuration,
): Endpoint {
  const filtered =
    destination.takes === undefined
      ? exporter
      : new FilteringExporter(exporter, filterOf(destination, configuration));
  return {
    componentType,
    ...periodicReader(
      filtered,
      intervalOf(destination.backend, configuration),
      configuration,
      includeOf(destination.takes, configuration.api.prefix),
    ),
    ...(typeof exporter.event === 'function' && { sink: exporter as EventSink }),
    flush: (options) => exporter.flush(options),
    stats: () => exporter.stats(),
    // What is still on its way would keep the program alive.
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
function loggingOperations(exports: PackageExports, options: BackendOptions, key: string): Endpoint {
  const createOperationLog = exports['createOperationLog'] as (options: BackendOptions) => OperationListener;
  const log = createOperationLog(options);
  const ledger = new Ledger(key);
  return {
    // An event is one of the operations.
    sink: { event: () => undefined },
    operations(operation) {
      ledger.receive(1, 0);
      try {
        log(operation);
        ledger.export(1, 0);
      } catch (error) {
        ledger.drop('refused', 1, 0, 'an operation', reasonOf(error));
      }
    },
    flush: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
  };
}
