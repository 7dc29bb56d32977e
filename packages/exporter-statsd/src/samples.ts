import type { HistogramValue } from '@tallykit/exporter-base';
import { bitReversed, rankMeans } from '@tallykit/exporter-base/histograms';

/** A value to be sent in place of `weight` recorded ones. */
export interface Sample {
  readonly value: number;
  /** A positive whole number. The line's sample rate is its reciprocal. */
  readonly weight: number;
}

/**
 * A histogram as at most `sampleLimit` samples of (nearly) equal weight, in the order in which to send them.
 *
 * The reference server applies a timer's sample rate to its count only: mean and percentiles are those of the plain
 * samples (statsd `lib/process_metrics.js`). Other servers count each sample `weight` times. To be right on both, the
 * values are parted by rank into strata of equal size, give or take one, and each stratum is sent as its mean:
 *
 * - The weights add up to exactly `count`.
 * - The plain mean of the samples is the exact mean, to rounding errors. The weighted mean is as exact where
 *   `sampleLimit` divides the count, and otherwise off by less than `(max - min) / count`, mostly much less.
 * - Percentiles are right to the width of a stratum and of a bucket, weighted or not. With 50 samples more than a
 *   multiple of 100, the nearest rank of an odd percentile (95, 99) lies in the middle of its stratum.
 * - Samples keep within `min` and `max`. Up to `sampleLimit` values, each is a sample of its own, and minimum and
 *   maximum are exact.
 *
 * @example
 * for (const { value, weight } of equalWeightSamples(histogram, 250)) send(timerLine(name, value, weight));
 */
export function equalWeightSamples(histogram: HistogramValue, sampleLimit: number): Sample[] {
  const { count } = histogram;
  if (!(count > 0)) return [];
  const size = Math.min(count, sampleLimit);
  const meanOf = rankMeans(histogram);
  const edges = evenEdges(count, size);
  let means = Array.from({ length: size }, (_, index) => meanOf(edges[index]!, edges[index + 1]!));
  // With equal weights the mean is right already.
  if (count % size !== 0) {
    balance(edges, means, meanOf);
    means = withPlainMean(means, meanOf(0, count), meanOf(0, 1), meanOf(count - 1, count));
  }
  return bitReversed(size).map((index) => ({
    value: means[index]!,
    weight: edges[index + 1]! - edges[index]!,
  }));
}

/** The ranks at which the strata begin and end. Their sizes differ by one, and the larger ones lie evenly among the others. */
function evenEdges(count: number, size: number): number[] {
  const smaller = Math.floor(count / size);
  const larger = count - smaller * size;
  return Array.from(
    { length: size + 1 },
    (_, index) => index * smaller + Math.floor((index * larger) / size + 0.5),
  );
}

/**
 * Moves edges by one rank where that brings the plain mean of the strata's means closer to the weighted one.
 *
 * The two are equal when the strata that are larger than the average stand for as much, above it, as the smaller ones
 * lack. In a long tail it matters whether the last stratum is a large one; exchanging sizes further down makes up for it.
 */
function balance(edges: number[], means: number[], meanOf: (from: number, to: number) => number): void {
  const size = means.length;
  const average = edges[size]! / size;
  const surplus = (index: number) => (edges[index + 1]! - edges[index]! - average) * means[index]!;
  let total = 0;
  for (let index = 0; index < size; index++) total += surplus(index);

  for (let index = 1; index < size; index++) {
    const below = edges[index - 1]!;
    const edge = edges[index]!;
    const above = edges[index + 1]!;
    const exchanged = below + (above - edge);
    if (exchanged === edge) continue;
    const lower = meanOf(below, exchanged);
    const upper = meanOf(exchanged, above);
    const after = (exchanged - below - average) * lower + (above - exchanged - average) * upper;
    const change = after - surplus(index - 1) - surplus(index);
    if (Math.abs(total + change) < Math.abs(total)) {
      edges[index] = exchanged;
      means[index - 1] = lower;
      means[index] = upper;
      total += change;
    }
  }
}

/**
 * Moves the ascending values until their mean is exact. Each moves by the same part of the distance to its neighbour, so
 * that values that lie far apart, in a tail, move most, and those at a percentile hardly move.
 */
function withPlainMean(values: readonly number[], mean: number, lowest: number, highest: number): number[] {
  const missing = values.reduce((total, value) => total + (mean - value), 0);
  const room = values.map((value, index) =>
    missing > 0 ? (values[index + 1] ?? highest) - value : value - (values[index - 1] ?? lowest),
  );
  const totalRoom = room.reduce((total, distance) => total + distance, 0);
  if (totalRoom === 0) return [...values];
  // Only rounding errors can make it more than half of the distance, so the limits are for them.
  const part = missing / totalRoom;
  return values.map((value, index) => Math.min(Math.max(value + part * room[index]!, lowest), highest));
}
