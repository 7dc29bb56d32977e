export { DogStatsdMetricExporter } from './dogstatsd-metric-exporter.ts';
export type { DogStatsdEvent, DogStatsdServiceCheck } from './event.ts';
export {
  DOGSTATSD_DEFAULTS,
  type DogStatsdCardinality,
  type DogStatsdMetricExporterOptions,
} from './options.ts';
