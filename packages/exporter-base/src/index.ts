export { systemClock, type Clock } from './clock.ts';
export { Delivery, type DeliveryOptions, type ExportResult } from './delivery.ts';
export {
  intervals,
  MAX_HISTOGRAM_BUCKETS,
  mergeHistograms,
  quantile,
  rankMeans,
  type ExplicitHistogram,
  type ExponentialBuckets,
  type ExponentialHistogram,
  type HistogramTotals,
  type HistogramValue,
  type Interval,
} from './histogram.ts';
export type { DropCause, ExporterStats, FlushReport, Refusal, Tally } from './ledger.ts';
export { mergeSeries, seriesKey, type Series } from './merge.ts';
export { formatNumber, formatRate } from './numbers.ts';
export { EnvironmentOptions, GivenOptions, type IntegerRange } from './options.ts';
export { pack, type Packed, type Unit } from './pack.ts';
export { DATAGRAM_PACING, ONE_BY_ONE_PACING, STREAM_PACING, type PacingOptions } from './pacing.ts';
export { readPoint, type Measurement, type Point } from './points.ts';
export { TagWriter, tagText, type TagSpelling } from './tags.ts';
export { selectAggregation, selectAggregationTemporality } from './temporality.ts';
export { DELIVERED, reasonOf, type Outcome, type Transport } from './transport.ts';
