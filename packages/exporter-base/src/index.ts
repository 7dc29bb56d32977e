/**
 * What all metric exporters of Tallykit share, for those who write another one. Begin with {@link Delivery}, for a server, or
 * {@link LocalDelivery}, for a place in the same process.
 *
 * @module @tallykit/exporter-base
 */

export { settledWithin, systemClock, type Clock } from './support/clock.ts';
export { Delivery, type EventText } from './delivery/delivery.ts';
export type { DeliveryOptions, PointSeconds, SecondOwner, Urgency } from './delivery/delivery-options.ts';
export { derivedName, type DerivedSeries } from './series/derived-names.ts';
export {
  describeExporter,
  type DescribedExporter,
  type DescribedOption,
  type DescribedPlace,
  type DescribedTransport,
  type Origins,
} from './support/described-exporter.ts';
export type { ExportResult } from './delivery/export-result.ts';
export type {
  ExplicitHistogram,
  ExponentialBuckets,
  ExponentialHistogram,
  HistogramTotals,
  HistogramValue,
} from './histogram/histogram.ts';
export { HealthRecord, type Health } from './accounts/health.ts';
export {
  EMPTY_ACCOUNT,
  Ledger,
  mergeReports,
  ReportedError,
  type Account,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type Refusal,
  type Tally,
} from './accounts/ledger.ts';
export { loadOptional, MissingPackageError, type OptionalPackage } from './support/load-optional.ts';
export { LocalDelivery, type LocalDeliveryOptions, type SeriesAccount } from './delivery/local-delivery.ts';
export { formatNumber, formatRate } from './support/numbers.ts';
export {
  observeExporter,
  observeFlow,
  type Flow,
  type FlowNames,
  type ObserveExporterOptions,
} from './accounts/observe-exporter.ts';
export {
  amendOptionError,
  describeRejected,
  isOptionError,
  OptionError,
  type OptionErrorFields,
} from './support/option-error.ts';
export {
  EnvironmentOptions,
  GivenOptions,
  type IntegerRange,
  type LeftOut,
  type WhenWrong,
} from './support/options.ts';
export {
  DATAGRAM_PACING,
  linePacing,
  linesAtOnce,
  ONE_BY_ONE_PACING,
  STREAM_PACING,
  type PacingOptions,
} from './transports/pacing.ts';
export { Packer, type Payload } from './delivery/packer.ts';
export {
  Remainders,
  type Forgotten,
  type Increase,
  type RemainderLimits,
  type Rounding,
} from './delivery/remainders.ts';
export { hasStableName, processName, readProcessFacts, type ProcessFacts } from './support/process-name.ts';
export type { Metric, Value } from './series/points.ts';
export { tallyOf } from './series/received.ts';
export { log } from './support/log.ts';
export type {
  HistogramSeries,
  NumberSeries,
  Series,
  SeriesFields,
  Texts,
  Translate,
  WireMetric,
} from './series/series.ts';
export {
  chosenAttributes,
  createTagWriters,
  type TagWriters,
  type TagWritersOptions,
} from './series/tag-writers.ts';
export type { OptionTags, OptionTagValue, Tags, TagsOf, TagValue } from './series/given-tags.ts';
export { TagWriter, type TagSource, type TagSpelling } from './series/tags.ts';
export { selectAggregation, selectAggregationTemporality } from './support/temporality.ts';
export {
  DELIVERED,
  type Route,
  type Outcome,
  type SyncTransport,
  type Transport,
} from './transports/transport.ts';
export { reasonOf } from './support/reason-of.ts';
export { untraced } from './support/untraced.ts';
export { VariableTrace, type IgnoredVariable } from './support/variable-trace.ts';
export { escapeOf, visible } from './support/visible.ts';
export { Yielder } from './support/yielder.ts';
