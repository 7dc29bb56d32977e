import { MAX_HISTOGRAM_BUCKETS } from './temporality.ts';

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
  readonly type: 'explicit';
  /** Ascending upper bounds, each inclusive. */
  readonly boundaries: readonly number[];
  /** One more than there are boundaries: the last bucket has no upper bound. */
  readonly counts: readonly number[];
}

/** One half of an exponential histogram: `bucketCounts[i]` belongs to the bucket with the index `offset + i`. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

/** A histogram whose bucket `i` is `(base ** i, base ** (i + 1)]`, with `base = 2 ** (2 ** -scale)`. */
export interface ExponentialHistogram extends HistogramTotals {
  readonly type: 'exponential';
  readonly scale: number;
  /** How many values were exactly zero. */
  readonly zeroCount: number;
  readonly positive: ExponentialBuckets;
  /** Negative values, by their absolute value. */
  readonly negative: ExponentialBuckets;
}

/** A histogram data point's value, of either kind. */
export type HistogramValue = ExplicitHistogram | ExponentialHistogram;

/** `count` values between `low` and `high`, both inclusive. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The finest scale of an OpenTelemetry exponential histogram. */
const FINEST_SCALE = 20;

const NO_BUCKETS = {
  type: 'exponential',
  scale: 0,
  zeroCount: 0,
  positive: { offset: 0, bucketCounts: [] },
  negative: { offset: 0, bucketCounts: [] },
} as const;

/** Into how many parts an explicit bucket is cut when its values have to go into exponential ones. */
const PARTS_PER_BUCKET = 16;

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
    // A producer may leave the buckets out, or get them wrong. The totals are the better witnesses then.
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
    // With this end the sum comes out when the values of every bucket lie evenly around its middle.
    if (missing > 0) highest.high += 2 * missing * (count / highest.count);
  }
  return buckets;
}

/**
 * The values of a histogram by rank: the returned function gives the mean of the values with the ranks `from + 1` to
 * `to`, counted from the smallest. The mean of all of them is the exact `sum / count`, the first one is `min`, the
 * last one `max`, where the histogram knows these and they agree with its buckets.
 *
 * How the values lie inside a bucket is unknown. They are taken to lie denser towards a fuller neighbour, and then all
 * a little higher or lower in their buckets, as the exact sum demands.
 *
 * @example
 * const mean = rankMeans(histogram);
 * mean(0, histogram.count); // sum / count
 * mean(histogram.count - 10, histogram.count); // the mean of the ten largest values
 */
export function rankMeans(histogram: HistogramValue): (from: number, to: number) => number {
  const parts = withEndsApart(histogram);
  const heights = averageHeights(parts, known(histogram).mean);
  const ends: number[] = [];
  for (const { count } of parts) ends.push((ends.at(-1) ?? 0) + count);

  return (from, to) => {
    const first = firstAbove(ends, from);
    let total = 0;
    let last = first;
    for (let index = first; index < parts.length; index++) {
      const { low, high, count } = parts[index]!;
      const before = ends[index]! - count;
      if (before >= to) break;
      const start = Math.max(from - before, 0) / count;
      const end = Math.min(to - before, count) / count;
      const area = low * (end - start) + (high - low) * curveArea(heights[index]!, start, end);
      total += (count / (to - from)) * area;
      last = index;
    }
    // What was added up may be a rounding error outside of what it was made of.
    return Math.min(Math.max(total, parts[first]?.low ?? NaN), parts[last]?.high ?? NaN);
  };
}

/**
 * The value below or at which the share `q` (0 to 1) of the values lies: the nearest rank, placed within its bucket as
 * {@link rankMeans} does. `NaN` for an empty histogram.
 *
 * @example
 * quantile(histogram, 0.95);
 */
export function quantile(histogram: HistogramValue, q: number): number {
  return quantiles(histogram, [q])[0]!;
}

/** Several quantiles of one histogram, in less time than one by one; see {@link quantile}. */
export function quantiles(histogram: HistogramValue, shares: readonly number[]): number[] {
  const { count } = histogram;
  const mean = rankMeans(histogram);
  return shares.map((share) => {
    // 0.07 * 100 is a little over 7 in floating point, and must not become the eighth rank.
    const rank = Math.min(Math.max(Math.ceil(share * count * (1 - Number.EPSILON)), 1), count);
    return mean(rank - 1, rank);
  });
}

/**
 * One histogram with the values of both; neither is changed. Count, sum, minimum and maximum are exact, and unknown
 * where one of the two doesn't know them.
 *
 * - Explicit histograms with the same boundaries are added bucket by bucket.
 * - Exponential ones are brought to the coarser scale, and further until each half has at most `MAX_HISTOGRAM_BUCKETS`.
 * - Any other pair becomes exponential: an explicit bucket's values are spread over it as {@link rankMeans} does,
 *   in up to 16 parts. That costs resolution, and neither counts nor sum.
 *
 * @example
 * const pending = mergeHistograms(notYetSent, latest);
 */
export function mergeHistograms(first: HistogramValue, second: HistogramValue): HistogramValue {
  if (!(first.count > 0)) return second;
  if (!(second.count > 0)) return first;
  if (
    first.type === 'explicit' &&
    second.type === 'explicit' &&
    sameNumbers(first.boundaries, second.boundaries)
  ) {
    const counts = first.counts.map((count, index) => count + (second.counts[index] ?? 0));
    return { type: 'explicit', boundaries: first.boundaries, counts, ...mergeTotals(first, second) };
  }
  const merged = mergeExponential([asExponential(first), asExponential(second)], MAX_HISTOGRAM_BUCKETS);
  return { ...merged, ...mergeTotals(first, second) };
}

/**
 * The histogram as an exponential one with at most `maxBuckets` buckets in each half; neither count nor sum change. An
 * explicit bucket's values are spread as {@link mergeHistograms} does.
 */
export function toExponential(
  histogram: HistogramValue,
  maxBuckets: number = MAX_HISTOGRAM_BUCKETS,
): ExponentialHistogram {
  if (!(histogram.count > 0)) return { ...NO_BUCKETS, ...totalsOf(histogram) };
  return { ...mergeExponential([asExponential(histogram)], maxBuckets), ...totalsOf(histogram) };
}

/** The totals that can be relied on. A sum may have grown beyond all numbers, and limits contradict each other. */
function known({ count, sum, min, max }: HistogramTotals) {
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
  // By index: most of many buckets are empty, and `entries()` makes an object for each.
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

/** The intervals, with the smallest and the largest value apart from the rest of their buckets, where they are known. */
function withEndsApart(histogram: HistogramValue): Interval[] {
  const parts = intervals(histogram);
  if (histogram.count < 2) return parts;
  const { min, max } = known(histogram);
  const takeOne = (index: number) => {
    const part = parts.at(index)!;
    parts.splice(index, 1, ...(part.count > 1 ? [{ ...part, count: part.count - 1 }] : []));
  };
  if (min !== undefined) {
    takeOne(0);
    parts.unshift({ low: min, high: min, count: 1 });
  }
  if (max !== undefined) {
    takeOne(-1);
    parts.push({ low: max, high: max, count: 1 });
  }
  return parts;
}

/**
 * How high in each interval its values lie on average, from 0 (all of them at `low`) to 1: first by the neighbours, then
 * all moved up or down by the same part of the way that is left, until all values together have the mean.
 */
function averageHeights(parts: readonly Interval[], mean: number | undefined): number[] {
  const heights = parts.map((part, index) => likelyHeight(part, parts[index - 1], parts[index + 1]));
  if (mean === undefined) return heights;
  const count = parts.reduce((total, part) => total + part.count, 0);
  let missing = mean;
  let roomAbove = 0;
  let roomBelow = 0;
  for (const [index, part] of parts.entries()) {
    const share = part.count / count;
    const above = share * (part.high - part.low) * (1 - heights[index]!);
    const below = share * (part.high - part.low) * heights[index]!;
    missing -= share * part.low + below;
    roomAbove += above;
    roomBelow += below;
  }
  // More than all the way would be needed only if the sum contradicts the buckets.
  const up = missing > 0 ? Math.min(missing / roomAbove, 1) : 0;
  const down = missing < 0 ? Math.min(-missing / roomBelow, 1) : 0;
  return heights.map((height) => height + up * (1 - height) - down * height);
}

/** The height of the mean when the values' density changes linearly, half-way to the neighbours' at either end. */
function likelyHeight(own: Interval, below: Interval | undefined, above: Interval | undefined): number {
  const start = density(own) + densityBeside(own, below);
  const end = density(own) + densityBeside(own, above);
  // Not a number for an interval without any width, where any height will do.
  return (start + 2 * end) / (3 * (start + end)) || 0.5;
}

function density({ low, high, count }: Interval): number {
  return count / (high - low);
}

function densityBeside(own: Interval, neighbour: Interval | undefined): number {
  if (neighbour === undefined || neighbour.low === neighbour.high) return density(own);
  const touches = neighbour.high === own.low || neighbour.low === own.high;
  return touches ? density(neighbour) : 0;
}

/**
 * The area under the curve from `start` to `end` (0 to 1) that leads from 0 to 1 and has the area `height` in all:
 * `t ** x` when that is over a half, and otherwise the same curve turned upside down.
 */
function curveArea(height: number, start: number, end: number): number {
  if (height < 0.5) return end - start - curveArea(1 - height, 1 - end, 1 - start);
  return height * (end ** (1 / height) - start ** (1 / height));
}

/** The index of the first of the ascending `ends` above `rank`. */
function firstAbove(ends: readonly number[], rank: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > rank) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sameNumbers(first: readonly number[], second: readonly number[]): boolean {
  return first.length === second.length && first.every((value, index) => value === second[index]);
}

function mergeTotals(first: HistogramTotals, second: HistogramTotals): HistogramTotals {
  const add = (one: number, other: number) => one + other;
  return {
    count: first.count + second.count,
    sum: ifBothKnown(add, first.sum, second.sum),
    min: ifBothKnown(Math.min, first.min, second.min),
    max: ifBothKnown(Math.max, first.max, second.max),
  };
}

function ifBothKnown(
  merge: (one: number, other: number) => number,
  one: number | undefined,
  other: number | undefined,
): number | undefined {
  return one === undefined || other === undefined ? undefined : merge(one, other);
}

function mergeExponential(
  histograms: readonly ExponentialHistogram[],
  maxBuckets: number,
): ExponentialHistogram {
  const positive = histograms.flatMap((histogram) => occupied(histogram.positive, histogram.scale));
  const negative = histograms.flatMap((histogram) => occupied(histogram.negative, histogram.scale));

  // Only what holds values has a say: for a histogram of nothing but zeros the SDK reports scale 0.
  let scale = FINEST_SCALE;
  for (const half of [...positive, ...negative]) scale = Math.min(scale, half.scale);
  const tooWide = (halves: Half[]) => span(halves, scale).width > maxBuckets;
  while (tooWide(positive) || tooWide(negative)) scale -= 1;

  return {
    type: 'exponential',
    scale,
    zeroCount: histograms.reduce((sum, { zeroCount }) => sum + zeroCount, 0),
    positive: addBuckets(positive, scale),
    negative: addBuckets(negative, scale),
    ...histograms.map(totalsOf).reduce(mergeTotals),
  };
}

function totalsOf({ count, sum, min, max }: HistogramTotals): HistogramTotals {
  return { count, sum, min, max };
}

/** One half of an exponential histogram, with the indexes of its outermost buckets that hold values. */
interface Half extends ExponentialBuckets {
  readonly scale: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The half as a list of one, or of none when it holds no values. */
function occupied({ offset, bucketCounts }: ExponentialBuckets, scale: number): Half[] {
  const first = bucketCounts.findIndex((count) => count > 0);
  const last = bucketCounts.findLastIndex((count) => count > 0);
  return first < 0 ? [] : [{ offset, bucketCounts, scale, lowest: offset + first, highest: offset + last }];
}

/** The index of a bucket after its scale was lowered: each step joins the buckets `2i` and `2i + 1`. */
function rescaled(index: number, from: number, to: number): number {
  return Math.floor(index / 2 ** (from - to));
}

function span(halves: readonly Half[], scale: number) {
  const lowest = Math.min(...halves.map((half) => rescaled(half.lowest, half.scale, scale)));
  const highest = Math.max(...halves.map((half) => rescaled(half.highest, half.scale, scale)));
  return { lowest, width: Math.max(highest - lowest + 1, 0) };
}

function addBuckets(halves: readonly Half[], scale: number): ExponentialBuckets {
  const { lowest, width } = span(halves, scale);
  if (width === 0) return { offset: 0, bucketCounts: [] };
  const bucketCounts = new Array<number>(width).fill(0);
  for (const half of halves) {
    const joined = 2 ** (half.scale - scale);
    for (let index = half.lowest; index <= half.highest; index++) {
      bucketCounts[Math.floor(index / joined) - lowest]! += half.bucketCounts[index - half.offset]!;
    }
  }
  return { offset: lowest, bucketCounts };
}

/** Small parts of each explicit bucket are put where their mean belongs. */
function asExponential(histogram: HistogramValue): ExponentialHistogram {
  if (histogram.type === 'exponential') return histogram;
  const mean = rankMeans(histogram);
  const parts: ExponentialHistogram[] = [];
  let before = 0;
  for (const { count } of intervals(histogram)) {
    const size = Math.ceil(count / PARTS_PER_BUCKET);
    for (let from = before; from < before + count; from += size) {
      const to = Math.min(from + size, before + count);
      parts.push(repeated(mean(from, to), to - from));
    }
    before += count;
  }
  return mergeExponential(parts, MAX_HISTOGRAM_BUCKETS);
}

/** The exponential histogram of one value that was recorded `count` times. */
function repeated(value: number, count: number): ExponentialHistogram {
  const bucket = {
    offset: Math.ceil(Math.log2(Math.abs(value)) * 2 ** FINEST_SCALE) - 1,
    bucketCounts: [count],
  };
  const empty = NO_BUCKETS.positive;
  return {
    type: 'exponential',
    scale: FINEST_SCALE,
    zeroCount: value === 0 ? count : 0,
    positive: value > 0 ? bucket : empty,
    negative: value < 0 ? bucket : empty,
    count,
    sum: value * count,
    min: value,
    max: value,
  };
}
