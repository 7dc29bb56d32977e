import type { HistogramValue } from '@tallykit/exporter-base';
import { bitReversed, intervals, rankMeans } from '@tallykit/exporter-base/histograms';

/** A value to be sent in place of `weight` recorded ones. */
export interface Sample {
  readonly value: number;
  /** A positive whole number. The line's sample rate is its reciprocal. */
  readonly weight: number;
}

/**
 * How far apart, as a ratio, values may lie that become one sample. The Agent's own bins have a ratio of 1.0156
 * (`pkg/util/quantile/config.go`); with this one, its quantiles stay within 2 % of the recorded ones. A
 * little more than a bucket of scale 5, whose edges have rounding errors.
 */
const WIDEST_RATIO = 2 ** (1 / 32) * (1 + 1e-9);

/** A wide bucket is cut into at most so many parts. More of them would not help: nobody knows where in it the values lie. */
const MOST_PARTS = 8;

/**
 * A histogram as samples whose weights differ, in the order in which to send them, for servers that count a sample `1 / rate` times in
 * sum and quantiles as well, as the Datadog Agent does:
 *
 * - The weights add up to exactly `count`, and weight times value to `sum`, to rounding errors.
 * - Minimum and maximum, where they are known, are samples of their own with the weight 1, and so exact.
 * - The values between them are one sample for each bucket: narrow buckets are joined as far as the Agent could not tell
 *   them apart, wide ones (explicit boundaries) are cut into parts.
 *
 * @example
 * for (const { value, weight } of weightedSamples(histogram)) send(`${name}:${value}|d|@${formatRate(weight)}`);
 */
export function weightedSamples(histogram: HistogramValue): Sample[] {
  const { count } = histogram;
  if (!(count > 0)) return [];
  const meanOf = rankMeans(histogram);
  const samples: Sample[] = [];
  let from = 0;
  for (const to of edges(histogram)) {
    samples.push({ value: meanOf(from, to), weight: to - from });
    from = to;
  }
  // In this order, so that an Agent that flushes between two datagrams gets a fair part of the values both times.
  return bitReversed(samples.length).map((index) => samples[index]!);
}

/** The ranks at which samples end, ascending; the last one is the count. */
function edges(histogram: HistogramValue): number[] {
  const { count, min, max } = histogram;
  if (count === 1) return [1];
  // The smallest and the largest value are samples of their own.
  const first = min === undefined ? 0 : 1;
  const last = max === undefined ? count : count - 1;
  const between = bucketEdges(histogram).filter((rank) => rank > first && rank < last);
  return [first, ...between, last, count].filter((rank, index, all) => rank > (all[index - 1] ?? 0));
}

/** The ranks at which buckets end, narrow ones joined and wide ones cut. */
function bucketEdges(histogram: HistogramValue): number[] {
  const ends: number[] = [];
  let joinedLow: number | undefined;
  let seen = 0;
  for (const { low, high, count } of intervals(histogram)) {
    joinedLow ??= low;
    if (!isNarrow(joinedLow, high)) {
      ends.push(seen);
      joinedLow = low;
    }
    const parts = isNarrow(low, high) ? 1 : partsOf(low, high);
    for (let part = 1; part < parts; part += 1) ends.push(seen + Math.round((part * count) / parts));
    seen += count;
  }
  return ends;
}

function isNarrow(low: number, high: number): boolean {
  return low === high || ratioOf(low, high) <= WIDEST_RATIO;
}

function partsOf(low: number, high: number): number {
  return Math.min(Math.ceil(Math.log(ratioOf(low, high)) / Math.log(WIDEST_RATIO)), MOST_PARTS);
}

/** The larger absolute value divided by the smaller one; infinite where zero lies between them or is one of them. */
function ratioOf(low: number, high: number): number {
  if (low > 0) return high / low;
  return high < 0 ? low / high : Number.POSITIVE_INFINITY;
}
