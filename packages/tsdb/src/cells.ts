import type { ExponentialBuckets, ExponentialHistogram, HistogramValue } from '@tallykit/exporter-base';
import { mergeHistograms, quantiles, toExponential } from '@tallykit/exporter-base/histograms';
import type { SeriesType } from './identity.ts';

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

/** What a reader sees of a cell. */
export function pointOf(type: SeriesType, cell: Cell): PointValue {
  if (typeof cell === 'number') return cell;
  if (cell !== undefined) return summarise(cell);
  return EMPTY[type];
}

const EMPTY: Readonly<Record<SeriesType, PointValue>> = { counter: 0, gauge: null, distribution: NO_VALUES };

/** What several series of one type hold together: counters and gauges add up, distributions merge. */
export function combine(cells: readonly Cell[]): Cell {
  const present = cells.filter((cell) => cell !== undefined);
  if (present.length <= 1) return present[0];
  return typeof present[0] === 'number'
    ? (present as readonly number[]).reduce((total, each) => total + each)
    : (present as readonly HistogramValue[]).reduce(mergeHistograms);
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
