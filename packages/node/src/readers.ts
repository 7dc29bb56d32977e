import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import {
  createMetricProducer,
  type Include,
  type MetricProducer,
  type MetricProducerOptions,
} from '@tallykit/metrics/producer';
import type { Backend } from './backend.ts';
import type { Configuration } from './configuration.ts';
import { bareName, type Takes } from './routes.ts';
import { SilentExporter } from './silent-exporter.ts';

/** OpenTelemetry's default of `OTEL_METRIC_EXPORT_TIMEOUT`. */
const MAX_EXPORT_MILLIS = 30_000;

/** The limit of `createMetrics` when none is given. */
const DEFAULT_MAX_SERIES = 2000;

/** A reader that hands an exporter what was recorded, at intervals. */
export function periodicReader(
  exporter: PushMetricExporter,
  exportIntervalMillis: number,
  configuration: Configuration,
  include?: Include,
): Required<Pick<Backend, 'reader' | 'producer'>> {
  const { exportTimeoutMillis = MAX_EXPORT_MILLIS, api } = configuration;
  const producer = producerFor(configuration, { exporter, ...(include && { include }) });
  const reader = new PeriodicExportingMetricReader({
    exporter: new SilentExporter(exporter),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
    cardinalityLimits: { default: cardinalityLimit(api.maxSeriesPerMetric) },
    metricProducers: producer === undefined ? [] : [producer],
  });
  return { reader, producer };
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
