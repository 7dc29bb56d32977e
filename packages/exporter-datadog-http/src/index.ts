/**
 * An OpenTelemetry metric exporter for Datadog's HTTP API, without an Agent. Begin with {@link DatadogHttpMetricExporter} and
 * {@link DatadogHttpMetricExporterOptions}.
 *
 * @module @tallykit/exporter-datadog-http
 */

export { DatadogHttpMetricExporter } from './datadog-http-metric-exporter.ts';
export { describeDatadogHttpOptions } from './describe.ts';
export type { DatadogEvent } from '@tallykit/exporter-base/datadog';
export {
  DATADOG_HTTP_DEFAULTS,
  DATADOG_SITES,
  type DatadogAggregates,
  type DatadogFetch,
  type DatadogHttpMetricExporterOptions,
  type DatadogResponse,
  type DatadogSite,
} from './options.ts';
export type { DatadogValidation } from './validate.ts';
