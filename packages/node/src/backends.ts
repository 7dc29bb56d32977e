import {
  GivenOptions,
  Ledger,
  reasonOf,
  tallyOf,
  type Account,
  type ExporterStats,
  type FlushReport,
} from '@tallykit/exporter-base';
import type { MetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { EventSink, OperationListener } from '@tallykit/metrics';
import type { BackendName, BackendOptions } from './backend-names.ts';
import type { Configuration } from './configuration.ts';
import { CountedExporter } from './counted-exporter.ts';
import type { Destination } from './destinations.ts';
import { suggesting } from './nearest-name.ts';
import { readOtlpOptions, readPrometheusOptions } from './official-exporters.ts';
import { START_DEFAULTS } from './options.ts';
import type { NeededPackage, PackageExports, Packages } from './packages.ts';
import { cardinalityLimit, filterReader, periodicReader } from './readers.ts';
import type { Takes } from './routes.ts';

/** A backend that has been started. */
export interface Backend {
  readonly key: string;
  /** `otel.component.type` of the exporter, if there is one that gets points. */
  readonly componentType?: string;
  /** Which names it gets; all of them without. */
  readonly takes?: Takes | undefined;
  /** What collects for it; an operation log and the discarding backend have none. */
  readonly reader?: MetricReader;
  /** Takes events, if it knows them. */
  readonly sink?: EventSink;
  /** Takes operations as they happen. */
  readonly operations?: OperationListener;
  /** Frees what it holds, at once. */
  readonly close?: () => Promise<void>;
  /** Resolves when it can be reached; rejects when it never will. */
  readonly ready?: Promise<unknown>;
  /** What became of what was handed to it, after waiting so long at most for what is on its way. */
  report(timeoutMillis: number): Promise<FlushReport>;
  stats(): ExporterStats;
}

/** How a backend takes what is recorded, without its name and routes. */
type Way = Omit<Backend, 'key' | 'takes'>;

/** The packages of exporters. */
const EXPORTER_PACKAGES: Readonly<Record<Exclude<BackendName, 'noop'>, string>> = {
  statsd: '@tallykit/exporter-statsd',
  dogstatsd: '@tallykit/exporter-dogstatsd',
  datadog: '@tallykit/exporter-datadog-http',
  logging: '@tallykit/exporter-logging',
  otlp: '@opentelemetry/exporter-metrics-otlp-http',
  prometheus: '@opentelemetry/exporter-prometheus',
};

/** The packages that a backend needs. */
export function packagesForBackend({ backend, options }: Destination): NeededPackage[] {
  if (backend === 'noop') return [];
  const name = EXPORTER_PACKAGES[backend];
  const neededFor = `the backend ${backend}`;
  if (backend !== 'logging' || options['logger'] !== undefined) return [{ name, neededFor }];
  // The exporter loads winston by itself, where no other logger is given.
  return [
    { name, neededFor, install: `${name} winston` },
    { name: 'winston', neededFor },
  ];
}

/** @throws for options that are wrong, naming what they were read from */
export function startBackend(
  destination: Destination,
  packages: Packages,
  configuration: Configuration,
): Backend {
  const { key, backend, takes } = destination;
  if (backend === 'noop') return { key, takes, ...DISCARDING };
  const exports = packages.get(EXPORTER_PACKAGES[backend])!;
  const way = saying(destination.source, () => WAYS[backend](exports, destination, configuration));
  if (takes !== undefined && way.reader) filterReader(way.reader, takes, configuration.api.prefix ?? '');
  return { key, takes, ...way };
}

/** OpenTelemetry's default of `OTEL_EXPORTER_OTLP_TIMEOUT`. */
const OTLP_TIMEOUT_MILLIS = 10_000;

const NOTHING = { points: 0, amount: 0 };
/** Of a backend that has nothing to do with it. */
export const EMPTY_ACCOUNT: Account = {
  received: NOTHING,
  exported: NOTHING,
  pending: NOTHING,
  dropped: NOTHING,
  droppedBy: {},
};

/**
 * No reader at all: a MeterProvider without readers keeps nothing, which is cheaper than an exporter that discards what was
 * aggregated first.
 */
const DISCARDING: Way = {
  sink: { event: () => undefined },
  report: async () => ({ exported: 0, pending: 0, dropped: 0, errors: [] }),
  stats: () => ({ ...EMPTY_ACCOUNT, events: EMPTY_ACCOUNT }),
};

/** What an exporter of ours can do beside what OpenTelemetry asks of one. */
export type CountingExporter = PushMetricExporter &
  Partial<EventSink> & {
    flush(options: { readonly timeoutMillis: number }): Promise<FlushReport>;
    stats(): ExporterStats;
    shutdown(options?: { readonly timeoutMillis?: number }): Promise<void>;
  };

type StartWay = (exports: PackageExports, destination: Destination, configuration: Configuration) => Way;

const WAYS: Readonly<Record<Exclude<BackendName, 'noop'>, StartWay>> = {
  statsd: pushingWith('StatsdMetricExporter'),
  dogstatsd: pushingWith('DogStatsdMetricExporter'),
  datadog: pushingWith('DatadogHttpMetricExporter'),
  logging(exports, destination, configuration) {
    const { operations, ...options } = destination.options;
    const given = new GivenOptions('logging', { operations }, ['operations']);
    if (given.oneOf('operations', [true, false])) return logging(exports, options, destination.key);
    return pushingWith('LoggingMetricExporter')(exports, { ...destination, options }, configuration);
  },
  otlp(exports, { options, key, backend }, configuration) {
    const exporter = construct(exports, 'OTLPMetricExporter', {
      timeoutMillis: otlpTimeoutMillis(configuration),
      ...readOtlpOptions(options),
    }) as PushMetricExporter;
    const componentType = 'otlp_http_json_metric_exporter';
    return { componentType, ...pushing(new CountedExporter(exporter, key), backend, configuration) };
  },
  prometheus(exports, { options, key }, { api }) {
    const reader = construct(exports, 'PrometheusExporter', {
      ...readPrometheusOptions(options),
      // Started below, so that a port that is taken is an error of ours, logged once.
      preventServerStart: true,
    }) as PrometheusReader;
    const limit = cardinalityLimit(api.maxSeriesPerMetric);
    reader.selectCardinalityLimit = () => limit;
    return pulled(reader, key);
  },
};

/**
 * While it tries, OpenTelemetry's exporter keeps the program alive. If it tried until the next export, a program whose
 * collector is away would never come to its end.
 */
function otlpTimeoutMillis(configuration: Configuration): number {
  const longest = Math.ceil(intervalOf('otlp', configuration) / 2);
  return configuration.otlpTimeoutMillis ?? Math.min(OTLP_TIMEOUT_MILLIS, longest);
}

function intervalOf(backend: BackendName, { exportIntervalMillis }: Configuration): number {
  const defaults = START_DEFAULTS.exportIntervalMillis;
  return exportIntervalMillis ?? defaults[backend as keyof typeof defaults];
}

function pushingWith(exporterName: string): StartWay {
  return (exports, { backend, options }, configuration) => ({
    componentType: exporterName,
    ...pushing(construct(exports, exporterName, options) as CountingExporter, backend, configuration),
  });
}

function pushing(exporter: CountingExporter, backend: BackendName, configuration: Configuration): Way {
  return {
    reader: periodicReader(exporter, intervalOf(backend, configuration), configuration),
    ...(typeof exporter.event === 'function' && { sink: exporter as EventSink }),
    report: (timeoutMillis) => exporter.flush({ timeoutMillis }),
    stats: () => exporter.stats(),
    // Ends what is on its way still: it would keep the program alive.
    close: () => exporter.shutdown({ timeoutMillis: 0 }),
  };
}

type PrometheusReader = MetricReader & { startServer(): Promise<unknown> };

/** A backend that asks for its metrics: what was handed out at a scrape counts as exported. */
function pulled(reader: PrometheusReader, key: string): Way {
  const ledger = new Ledger(key);
  const collect = reader.collect.bind(reader);
  reader.collect = async (options) => {
    const result = await collect(options);
    const { points, amount } = tallyOf(result.resourceMetrics);
    ledger.receive(points, amount);
    ledger.export(points, amount);
    return result;
  };
  return {
    componentType: 'prometheus_http_text_metric_exporter',
    reader,
    ready: reader.startServer(),
    report: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
  };
}

/** Each operation as it happens, in place of what adds up. */
function logging(exports: PackageExports, options: BackendOptions, key: string): Way {
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
    report: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
  };
}

/** Makes an instance of a class that a package exports. */
export function construct(exports: PackageExports, name: string, options: BackendOptions): object {
  const Class = exports[name] as new (options: BackendOptions) => object;
  return new Class(options);
}

/** Runs what throws for wrong options, and says where these come from. */
export function saying<Value>(source: string, action: () => Value): Value {
  try {
    return suggesting(action);
  } catch (error) {
    throw new TypeError(`${source}: ${reasonOf(error)}`, { cause: error });
  }
}
