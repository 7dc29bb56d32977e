/** What the two histogram kinds have in common: exact totals, kept beside the buckets. */
export interface HistogramTotals {
  /** How many values were recorded. */
  readonly count: number;
  /** Their exact sum; unknown for instruments that allow negative values. */
  readonly sum: number | undefined;
  /** The smallest value; unknown under a View with `recordMinMax: false`. */
  readonly min: number | undefined;
  /** The largest value; unknown under a View with `recordMinMax: false`. */
  readonly max: number | undefined;
}

/** A histogram with fixed buckets: `counts[i]` values lie in `(boundaries[i - 1], boundaries[i]]`. */
export interface ExplicitHistogram extends HistogramTotals {
  /** Tells it from the exponential kind. */
  readonly type: 'explicit';
  /** Ascending upper bounds, each inclusive. */
  readonly boundaries: readonly number[];
  /** One more than there are boundaries: the last bucket has no upper bound. */
  readonly counts: readonly number[];
}

/** One half of an exponential histogram: `bucketCounts[i]` belongs to the bucket with the index `offset + i`. */
export interface ExponentialBuckets {
  /** The index of the first bucket in the list. */
  readonly offset: number;
  /** How many values each bucket holds. */
  readonly bucketCounts: readonly number[];
}

/** A histogram whose bucket `i` is `(base ** i, base ** (i + 1)]`, with `base = 2 ** (2 ** -scale)`. */
export interface ExponentialHistogram extends HistogramTotals {
  /** Tells it from the explicit kind. */
  readonly type: 'exponential';
  /** From −10 to 20. One more halves the width of the buckets. */
  readonly scale: number;
  /** How many values were exactly zero. */
  readonly zeroCount: number;
  /** Positive values. */
  readonly positive: ExponentialBuckets;
  /** Negative values, by their absolute value. */
  readonly negative: ExponentialBuckets;
}

/** A histogram data point's value, of either kind. */
export type HistogramValue = ExplicitHistogram | ExponentialHistogram;

/** `count` values between `low` and `high`, both inclusive. */
export interface Interval {
  /** The lower end. */
  readonly low: number;
  /** The upper end. */
  readonly high: number;
  /** How many values lie between them. */
  readonly count: number;
}

/** The finest scale of an OpenTelemetry exponential histogram. */
export const FINEST_SCALE = 20;

/**
 * The non-empty buckets in ascending order of their values, cut to `[min, max]`. Their counts add up to `count`.
 *
 * A bucket with an open end is closed by `min` or `max`. Where these are unknown, the lowest bucket starts at zero (or
 * at its boundary, if that is negative), and the highest one reaches as far as the sum says.
 *
 * @example
 * intervals({ type: 'explicit', boundaries: [10, 20], counts: [2, 0, 1], count: 3, sum: 37, min: 4, max: 25 });
 * // [{ low: 4, high: 10, count: 2 }, { low: 20, high: 25, count: 1 }]
 */
export function intervals(histogram: HistogramValue): Interval[] {
  const { count } = histogram;
  if (!(count > 0)) return [];
  const { min, max, mean } = known(histogram);

  const buckets = occupiedBuckets(histogram);
  if (buckets.reduce((total, bucket) => total + bucket.count, 0) !== count) {
    // A producer may leave the buckets out, or count them wrong. Then only the totals are used.
    const middle = mean ?? min ?? max ?? 0;
    return [{ low: min ?? middle, high: max ?? middle, count }];
  }

  for (const bucket of buckets) {
    bucket.low = Math.min(Math.max(bucket.low, min ?? -Infinity), max ?? Infinity);
    bucket.high = Math.min(Math.max(bucket.high, min ?? -Infinity), max ?? Infinity);
  }
  const lowest = buckets[0]!;
  const highest = buckets.at(-1)!;
  if (lowest.low === -Infinity) {
    lowest.low = lowest.high === Infinity ? (mean ?? 0) : Math.min(0, lowest.high);
  }
  if (highest.high === Infinity) {
    highest.high = highest.low;
    let missing = mean ?? 0;
    for (const bucket of buckets) missing -= (bucket.count / count) * ((bucket.low + bucket.high) / 2);
    // With this upper end, the buckets' middles add up to the sum.
    if (missing > 0) highest.high += 2 * missing * (count / highest.count);
  }
  return buckets;
}

/** The totals that make sense. A sum may be infinite, and a minimum may be above the maximum. */
export function known({ count, sum, min, max }: HistogramTotals) {
  const mean = sum !== undefined && Number.isFinite(sum) ? sum / count : undefined;
  // A single value is its own minimum and maximum.
  if (count === 1 && mean !== undefined) return { mean, min: mean, max: mean };
  return min !== undefined && max !== undefined && min > max ? { mean } : { mean, min, max };
}

/** The buckets that hold values, in ascending order, as they are: the outer ones of an explicit histogram are open. */
function occupiedBuckets(histogram: HistogramValue): { low: number; high: number; count: number }[] {
  if (histogram.type === 'explicit') {
    const { boundaries, counts } = histogram;
    return counts
      .map((count, index) => ({
        low: boundaries[index - 1] ?? -Infinity,
        high: boundaries[index] ?? Infinity,
        count,
      }))
      .filter(({ count }) => count > 0);
  }
  const { positive, negative, zeroCount, scale } = histogram;
  const zero = zeroCount > 0 ? [{ low: 0, high: 0, count: zeroCount }] : [];
  const mirrored = occupiedHalf(negative, scale).map(({ low, high, count }) => ({
    low: -high,
    high: -low,
    count,
  }));
  return [...mirrored.toReversed(), ...zero, ...occupiedHalf(positive, scale)];
}

function occupiedHalf({ offset, bucketCounts }: ExponentialBuckets, scale: number) {
  const buckets: { low: number; high: number; count: number }[] = [];
  const octaves = 2 ** -scale;
  const edge = (index: number) => 2 ** (index * octaves);
  let last: { low: number; high: number; count: number } | undefined;
  let lastIndex = -1;
  // By index, because `entries()` makes an object for each bucket, and most buckets are empty.
  for (let index = 0; index < bucketCounts.length; index += 1) {
    const count = bucketCounts[index]!;
    if (count === 0) continue;
    const low = last !== undefined && lastIndex === index - 1 ? last.high : edge(offset + index);
    last = { low, high: edge(offset + index + 1), count };
    lastIndex = index;
    buckets.push(last);
  }
  return buckets;
}
