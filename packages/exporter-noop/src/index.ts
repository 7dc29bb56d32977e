/**
 * An OpenTelemetry metric exporter that accepts and discards: {@link NoopMetricExporter}.
 *
 * @module @tallykit/exporter-noop
 */

export { NoopMetricExporter } from './noop-metric-exporter.ts';
