export { NoopMetricExporter, type ExportResult } from './noop-metric-exporter.ts';
