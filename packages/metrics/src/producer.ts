/**
 * The fast way into an OpenTelemetry reader: a producer hands over what a program records, without the instruments of the
 * SDK. It needs `@opentelemetry/sdk-metrics`. Begin with {@link createMetricProducer}.
 *
 * @module @tallykit/metrics/producer
 */

export { createMetricProducer } from './producer/create-metric-producer.ts';
export type { MetricProducerOptions } from './producer/create-metric-producer.ts';
export { connectProducers } from './producer/connect-producers.ts';
export type { MetricProducer } from './producer/metric-producer.ts';
export type { Include, IncludedKind } from './producer/reader.ts';
export type { HistogramOptions, AggregationSelectors, TemporalityPreference } from './producer/wishes.ts';
