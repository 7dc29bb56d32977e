export { NoopMetricExporter } from './noop-metric-exporter.ts';
