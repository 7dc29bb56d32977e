import type { ExponentialBuckets, ExponentialHistogram, HistogramValue } from '@tallykit/exporter-base';
import { quantiles, toExponential } from '@tallykit/exporter-base/histograms';

/** What one bucket of one series holds: an increase, a last value or a distribution; `undefined` for nothing. */
export type Cell = number | HistogramValue | undefined;

/**
 * The values of a distribution in one bucket, in the unit of the metric. What is unknown is `null`: without values, that is
 * everything but `count` and `sum`.
 */
export interface DistributionSummary {
  /** How many values were recorded. */
  readonly count: number;
  /** Their sum: exact, and 0 when there are none. */
  readonly sum: number | null;
  /** The smallest value: exact. */
  readonly min: number | null;
  /** The largest value: exact. */
  readonly max: number | null;
  /** The median, estimated from buckets. */
  readonly p50: number | null;
  /** The value that 95 % of the values do not exceed, estimated from buckets. */
  readonly p95: number | null;
  /** The value that 99 % of the values do not exceed, estimated from buckets. */
  readonly p99: number | null;
}

/** What a reader sees in one bucket: of a counter 0 where nothing was recorded, of a gauge `null`. */
export type PointValue = number | null | DistributionSummary;

export const NO_VALUES: DistributionSummary = {
  count: 0,
  sum: 0,
  min: null,
  max: null,
  p50: null,
  p95: null,
  p99: null,
};

export function summarise(histogram: HistogramValue): DistributionSummary {
  const { count, sum = null, min = null, max = null } = histogram;
  const [p50 = null, p95 = null, p99 = null] = quantiles(histogram, [0.5, 0.95, 0.99]);
  return { count, sum, min, max, p50, p95, p99 };
}

/** Makes a histogram coarser until it has at most so many buckets, positive and negative ones together. */
export function boundedHistogram(histogram: HistogramValue, maxBuckets: number): ExponentialHistogram {
  const bounded = toExponential(histogram, maxBuckets);
  const isOneSided = isEmpty(bounded.positive) || isEmpty(bounded.negative);
  return isOneSided ? bounded : toExponential(bounded, Math.floor(maxBuckets / 2));
}

function isEmpty({ bucketCounts }: ExponentialBuckets): boolean {
  return bucketCounts.length === 0;
}
