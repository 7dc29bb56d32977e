export type { PointListener } from './cargo-reader.ts';
export { settledWithin, Stretch, systemClock, type Clock } from './clock.ts';
export { Delivery, type DeliveryOptions, type EventText } from './delivery.ts';
export { derivedName, type DerivedSeries } from './derived-names.ts';
export type { ExportResult } from './export-result.ts';
export type {
  ExplicitHistogram,
  ExponentialBuckets,
  ExponentialHistogram,
  HistogramTotals,
  HistogramValue,
} from './histogram.ts';
export {
  Ledger,
  mergeReports,
  type Account,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type Refusal,
  type Tally,
} from './ledger.ts';
export { isNotInstalled, loadOptional, type OptionalPackage } from './load-optional.ts';
export { LocalDelivery, type LocalDeliveryOptions, type SeriesAccount } from './local-delivery.ts';
export { formatNumber, formatRate } from './numbers.ts';
export {
  observeExporter,
  observeFlow,
  type Flow,
  type FlowNames,
  type ObserveExporterOptions,
} from './observe-exporter.ts';
export {
  describeRejected,
  EnvironmentOptions,
  GivenOptions,
  SHORT_WORD,
  type IntegerRange,
} from './options.ts';
export {
  DATAGRAM_PACING,
  linePacing,
  linesAtOnce,
  ONE_BY_ONE_PACING,
  STREAM_PACING,
  type PacingOptions,
} from './pacing.ts';
export { Packer, Payload } from './pack.ts';
export { processName } from './process-name.ts';
export type { Metric, Value } from './points.ts';
export { tallyOf } from './received.ts';
export { say } from './say.ts';
export { SeriesReader } from './series-reader.ts';
export type {
  HistogramSeries,
  NumberSeries,
  Series,
  SeriesFields,
  Texts,
  Translate,
  WireMetric,
} from './series.ts';
export {
  chosenAttributes,
  createTagWriters,
  type TagWriters,
  type TagWritersOptions,
} from './tag-writers.ts';
export { TagWriter, tagText, type TagSpelling } from './tags.ts';
export { MAX_HISTOGRAM_BUCKETS, selectAggregation, selectAggregationTemporality } from './temporality.ts';
export { DELIVERED, reasonOf, type Lane, type Outcome, type Transport } from './transport.ts';
export { untraced } from './untraced.ts';
export { escapeOf, visible } from './visible.ts';
