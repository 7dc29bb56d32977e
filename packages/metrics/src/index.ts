/**
 * The recording API: counters, gauges, timings, distributions, timers and events, on top of any OpenTelemetry
 * `MeterProvider`. Begin with {@link createMetrics}, or with {@link metrics} for a whole program.
 *
 * @module @tallykit/metrics
 */

export type { Active } from './active.ts';
export type {
  BoundCounter,
  BoundDistribution,
  BoundGauge,
  BoundTiming,
  BoundUpDown,
} from './bound-handles.ts';
export { createMetrics } from './create-metrics.ts';
export { configureMetrics, metrics, setUpMetrics } from './default-metrics.ts';
export type { EventOptions, EventSink, MetricEvent } from './event.ts';
export { Metrics } from './metrics.ts';
export type { Operation, OperationListener } from './operation.ts';
export { METRICS_DEFAULTS } from './options.ts';
export type { BoundOptions, ChildOptions, MetricsOptions, RecordOptions } from './options.ts';
export type { ProducerHandle } from './producers.ts';
export type { RefusalCause } from './registry.ts';
export type { MetricsStats } from './stats.ts';
export { TagRuleError } from './tag-rules.ts';
export type { TagRules } from './tag-rules.ts';
export type { Tags, TagValue } from './tags.ts';
export type { Timer } from './timing/timer.ts';
