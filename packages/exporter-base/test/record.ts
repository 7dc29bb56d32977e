import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  MetricReader,
  type AggregationOption,
} from '@opentelemetry/sdk-metrics';
import { normal, pareto } from '../../../test/random.ts';
import type { ExplicitHistogram, ExponentialHistogram, HistogramValue } from '../src/histogram/histogram.ts';
import { receive, valueAt } from '../src/series/received.ts';
import { MAX_HISTOGRAM_BUCKETS } from '../src/support/temporality.ts';

/** The exponential histogram that the exporters ask the SDK for. */
export const EXPONENTIAL: AggregationOption = {
  type: AggregationType.EXPONENTIAL_HISTOGRAM,
  options: { maxSize: MAX_HISTOGRAM_BUCKETS, recordMinMax: true },
};

/** The SDK's explicit histogram; with its default boundaries unless others are given. */
export function explicit(boundaries?: number[], recordMinMax = true): AggregationOption {
  return boundaries === undefined
    ? { type: AggregationType.DEFAULT }
    : { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries, recordMinMax } };
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** What the SDK makes of the values. Negative ones go through a gauge, as histogram instruments refuse them. */
export async function record(
  values: readonly number[],
  aggregation: AggregationOption = EXPONENTIAL,
): Promise<HistogramValue> {
  const reader = new ManualReader({
    aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
    aggregationSelector: () => aggregation,
  });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('test');
  const isNegative = values.some((value) => value < 0);
  const instrument = isNegative ? meter.createGauge('values') : meter.createHistogram('values');
  for (const value of values) instrument.record(value);
  const { resourceMetrics } = await reader.collect();
  const value = valueAt(receive(resourceMetrics).metrics[0]!, 0);
  if (typeof value !== 'object' || 'refused' in value) throw new Error('The SDK made no histogram.');
  return value;
}

/** An explicit histogram without values, but for what is given. */
export function explicitHistogram(given: Partial<ExplicitHistogram>): ExplicitHistogram {
  return {
    type: 'explicit',
    boundaries: [10, 20],
    counts: [0, 0, 0],
    count: 0,
    sum: undefined,
    min: undefined,
    max: undefined,
    ...given,
  };
}

/** An exponential histogram without values, but for what is given. */
export function exponentialHistogram(given: Partial<ExponentialHistogram>): ExponentialHistogram {
  const empty = { offset: 0, bucketCounts: [] };
  return {
    type: 'exponential',
    scale: 0,
    zeroCount: 0,
    positive: empty,
    negative: empty,
    count: 0,
    sum: undefined,
    min: undefined,
    max: undefined,
    ...given,
  };
}

/** Shapes that timings have, in milliseconds. */
export const DISTRIBUTIONS = {
  /** σ = 1, median 100. */
  logNormal: (random: () => number) => 100 * Math.exp(normal(random)),
  /** α = 1.5, smallest value 10: the tail so heavy that the variance is infinite. */
  pareto: (random: () => number) => 10 * pareto(random, 1.5),
  /** Cache hits of 5 ms and misses of 400 ms. */
  bimodal: (random: () => number) =>
    random() < 0.7 ? 5 * Math.exp(0.1 * normal(random)) : 400 * Math.exp(0.3 * normal(random)),
};
