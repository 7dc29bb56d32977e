import {
  PeriodicExportingMetricReader,
  type CollectionResult,
  type PeriodicExportingMetricReaderOptions,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import {
  createMetricProducer,
  type Include,
  type MetricProducer,
  type MetricProducerOptions,
} from '@tallykit/metrics/producer';
import type { Backend } from './backend.ts';
import type { CallCount } from './call-count.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import type { Configuration } from './configuration.ts';
import { bareName, type Takes } from './routes.ts';
import { SilentExporter } from './silent-exporter.ts';
import type { BackendContext } from './start-backend.ts';

/** OpenTelemetry's default of `OTEL_METRIC_EXPORT_TIMEOUT`. */
const MAX_EXPORT_MILLIS = 30_000;

/** The limit of `createMetrics` when none is given. */
const DEFAULT_MAX_SERIES = 2000;

/** As `MetricReader.collect` takes them. */
export type CollectOptions = { readonly timeoutMillis?: number } | undefined;

/** A reader that hands an exporter what was recorded, at intervals. */
export function periodicReader(
  exporter: PushMetricExporter,
  exportIntervalMillis: number,
  calls: CallCount,
  { configuration, instruments }: BackendContext,
  include?: Include,
): Required<Pick<Backend, 'reader' | 'producer'>> {
  const { exportTimeoutMillis = MAX_EXPORT_MILLIS, api } = configuration;
  const producer = producerFor(configuration, { exporter, ...(include && { include }) });
  const reader = new PeriodicReader(
    {
      exporter: new SilentExporter(exporter, () => calls.exported()),
      exportIntervalMillis,
      exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
      cardinalityLimits: { default: cardinalityLimit(api.maxSeriesPerMetric) },
      metricProducers: producer === undefined ? [] : [producer],
    },
    collectionLimit(configuration, instruments),
    calls,
  );
  return { reader, producer };
}

class PeriodicReader extends PeriodicExportingMetricReader {
  readonly #limit: LimitedCollection;
  readonly #calls: CallCount;

  constructor(options: PeriodicExportingMetricReaderOptions, limit: LimitedCollection, calls: CallCount) {
    super(options);
    this.#limit = limit;
    this.#calls = calls;
  }

  override async collect(options?: CollectOptions): Promise<CollectionResult> {
    const collection = this.#calls.begin();
    const result = await this.#limit((limited) => super.collect(limited), options);
    this.#calls.collected(collection);
    return result;
  }
}

/** Collects in a limited time. */
export type LimitedCollection = (
  collect: (options: { readonly timeoutMillis: number }) => Promise<CollectionResult>,
  options: CollectOptions,
) => Promise<CollectionResult>;

/**
 * Every collection must leave time for sending what it has collected, as if it were the last one, whatever somebody's callback
 * does. A callback that holds it up is named.
 */
export function collectionLimit(
  { shutdownTimeoutMillis }: Configuration,
  instruments: InstrumentWatch,
): LimitedCollection {
  const longest = Math.max(1, Math.floor(shutdownTimeoutMillis / 2));
  return async (collect, options) => {
    const timeoutMillis = Math.min(options?.timeoutMillis ?? longest, longest);
    const result = await collect({ ...options, timeoutMillis });
    if (result.errors.length > 0) instruments.tellOfLate(timeoutMillis);
    return result;
  };
}

/** The producer of a reader, where what is recorded goes past the instruments. */
export function producerFor(
  { aggregation }: Configuration,
  options: MetricProducerOptions,
): MetricProducer | undefined {
  return aggregation === 'own' ? createMetricProducer(options) : undefined;
}

/** Which metrics a backend with routes gets. */
export function includeOf(takes: Takes | undefined, prefix = ''): Include | undefined {
  if (takes === undefined) return undefined;
  return (name, kind) => takes(bareName(name, prefix), kind === 'histogram' ? 'distribution' : 'other');
}

/**
 * How many series the SDK keeps of a metric. It must be more than the recording API's budget, because the API logs that a
 * metric has too many series, and the SDK merges them without a message. It is twice as much, because the SDK never forgets
 * a cumulative series.
 */
export function cardinalityLimit(maxSeriesPerMetric = DEFAULT_MAX_SERIES): number {
  return 2 * maxSeriesPerMetric;
}
