export type { StatsdDialect } from './dialect.ts';
export { STATSD_DEFAULTS, type StatsdMetricExporterOptions } from './options.ts';
export { StatsdMetricExporter } from './statsd-metric-exporter.ts';
