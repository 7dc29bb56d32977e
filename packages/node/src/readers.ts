import {
  PeriodicExportingMetricReader,
  type MetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Configuration } from './configuration.ts';
import { filterMetrics } from './filter-metrics.ts';
import type { Takes } from './routes.ts';

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
    exporter: withoutResults(exporter),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
    cardinalityLimits: { default: cardinalityLimit(api.maxSeriesPerMetric) },
  });
}

/** Of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;

/**
 * The exporters count what fails and say it once; the reader would say it at every interval of an outage, with a stack, and
 * complain of one that takes long. So it hears nothing. Its `forceFlush` waits for the exporter's.
 */
function withoutResults(exporter: PushMetricExporter): PushMetricExporter {
  const exportMetrics = exporter.export.bind(exporter);
  exporter.export = (metrics, resultCallback) => {
    exportMetrics(metrics, () => undefined);
    resultCallback({ code: SUCCESS });
  };
  return exporter;
}

/**
 * Above the budget of the recording API, which says when a metric has too many series; the SDK folds without a word. Twice
 * as much, because the SDK never forgets a cumulative series.
 */
export function cardinalityLimit(maxSeriesPerMetric = DEFAULT_MAX_SERIES): number {
  return 2 * maxSeriesPerMetric;
}

/**
 * Lets a reader collect only what its backend takes.
 *
 * @param prefix what the names of the recording API begin with
 */
export function filterReader(reader: MetricReader, takes: Takes, prefix: string): void {
  const collect = reader.collect.bind(reader);
  reader.collect = async (options) => {
    const { resourceMetrics, errors } = await collect(options);
    return { resourceMetrics: filterMetrics(resourceMetrics, takes, prefix), errors };
  };
}
