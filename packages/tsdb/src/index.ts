/**
 * An internal time-series store for metrics, in memory or in Redis, with a page of live charts. Begin with
 * {@link TimeseriesStore}.
 *
 * @module @tallykit/tsdb
 */

export type { Authorize } from './authorize.ts';
export type { DistributionSummary } from './cells.ts';
export type { EventRecording, StoredEvent } from './events.ts';
export {
  TIMESERIES_DEFAULTS,
  type NamePattern,
  type TimeseriesMetricExporterOptions,
} from './exporter-options.ts';
export type { HandlerOptions, RequestHandler } from './handler.ts';
export type { MetricInfo, SeriesInfo, SeriesType } from './identity.ts';
export { TooMuchError } from './limits.ts';
export { TIMESERIES_STORE_DEFAULTS, type RedisOptions, type TimeseriesStoreOptions } from './options.ts';
export type { RedisClient } from './redis-connection.ts';
export type { RedisStats } from './redis-writer.ts';
export type { Moment, Rollup } from './rollups.ts';
export type { ListenOptions, StoreServer } from './server.ts';
export { TimeseriesMetricExporter, type KeptEvent } from './timeseries-metric-exporter.ts';
export type { RangeQuery, RangeResult, RangeSeries } from './range.ts';
export type { Recording } from './recording.ts';
export { TimeseriesStore, type StoreStats } from './timeseries-store.ts';
