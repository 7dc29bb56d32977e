import { PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Configuration } from './configuration.ts';
import { SilentExporter } from './silent-exporter.ts';

/** OpenTelemetry's default of `OTEL_METRIC_EXPORT_TIMEOUT`. */
const MAX_EXPORT_MILLIS = 30_000;

/** The limit of `createMetrics` when none is given. */
const DEFAULT_MAX_SERIES = 2000;

/** A reader that hands an exporter what was recorded, at intervals. */
export function periodicReader(
  exporter: PushMetricExporter,
  exportIntervalMillis: number,
  { exportTimeoutMillis = MAX_EXPORT_MILLIS, api }: Configuration,
): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: new SilentExporter(exporter),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
    cardinalityLimits: { default: cardinalityLimit(api.maxSeriesPerMetric) },
  });
}

/**
 * How many series the SDK keeps of a metric. It must be more than the recording API's budget, because the API logs that a
 * metric has too many series, and the SDK merges them without a message. It is twice as much, because the SDK never forgets
 * a cumulative series.
 */
export function cardinalityLimit(maxSeriesPerMetric = DEFAULT_MAX_SERIES): number {
  return 2 * maxSeriesPerMetric;
}
