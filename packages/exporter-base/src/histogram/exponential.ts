import { MAX_HISTOGRAM_BUCKETS } from '../support/temporality.ts';
import {
  FINEST_SCALE,
  intervals,
  type ExponentialBuckets,
  type ExponentialHistogram,
  type HistogramTotals,
  type HistogramValue,
} from './histogram.ts';
import { rankMeans } from './ranks.ts';

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

export function mergeExponential(
  histograms: readonly ExponentialHistogram[],
  maxBuckets: number,
): ExponentialHistogram {
  const positive = histograms.flatMap((histogram) => occupied(histogram.positive, histogram.scale));
  const negative = histograms.flatMap((histogram) => occupied(histogram.negative, histogram.scale));

  // Only buckets with values decide the scale: for a histogram of zeros only, the SDK reports scale 0.
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

/** A list with the half, or an empty one when it holds no values. */
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

/** Cuts each explicit bucket into small parts, and puts each part into the exponential bucket of its mean. */
export function asExponential(histogram: HistogramValue): ExponentialHistogram {
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

export function mergeTotals(first: HistogramTotals, second: HistogramTotals): HistogramTotals {
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
