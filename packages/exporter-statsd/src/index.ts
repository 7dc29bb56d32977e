/**
 * An OpenTelemetry metric exporter for StatsD over UDP, TCP and unix datagram sockets. Begin with
 * {@link StatsdMetricExporter} and {@link StatsdMetricExporterOptions}.
 *
 * @module @tallykit/exporter-statsd
 */

export { describeStatsdOptions } from './describe.ts';
export type { StatsdDialect } from './dialect.ts';
export {
  STATSD_DEFAULTS,
  type StatsdClientOptions,
  type StatsdEndpointOptions,
  type StatsdFormatOptions,
  type StatsdMetricExporterOptions,
  type StatsdTcpOptions,
  type StatsdUdpOptions,
  type StatsdUnixgramOptions,
} from './options.ts';
export { StatsdMetricExporter } from './statsd-metric-exporter.ts';
