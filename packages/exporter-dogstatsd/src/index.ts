/**
 * An OpenTelemetry metric exporter for the Datadog Agent (DogStatsD), with events and service checks. Begin with
 * {@link DogStatsdMetricExporter} and {@link DogStatsdMetricExporterOptions}.
 *
 * @module @tallykit/exporter-dogstatsd
 */

export { describeDogStatsdOptions } from './describe.ts';
export { DogStatsdMetricExporter } from './dogstatsd-metric-exporter.ts';
export type { DatadogEvent as DogStatsdEvent } from '@tallykit/exporter-base/datadog';
export type { DogStatsdServiceCheck } from './event.ts';
export {
  DOGSTATSD_DEFAULTS,
  type DogStatsdCardinality,
  type DogStatsdClientOptions,
  type DogStatsdEndpointOptions,
  type DogStatsdFormatOptions,
  type DogStatsdMetricExporterOptions,
  type DogStatsdPathOptions,
  type DogStatsdUdpOptions,
  type DogStatsdUrlOptions,
} from './options.ts';
