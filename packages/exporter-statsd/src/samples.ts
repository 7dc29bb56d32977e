import { rankMeans, type HistogramValue } from '@tallykit/exporter-base';

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
  const edges = balancedEdges(evenEdges(count, size), meanOf);

  const means = Array.from({ length: size }, (_, index) => meanOf(edges[index]!, edges[index + 1]!));
  // With equal weights the mean is right already.
  const isEven = count % size === 0;
  const values = isEven
    ? means
    : withPlainMean(means, meanOf(0, count), meanOf(0, 1), meanOf(count - 1, count));
  return bitReversed(size).map((index) => ({
    value: values[index]!,
    weight: edges[index + 1]! - edges[index]!,
  }));
}

/** The ranks at which the strata begin and end: two sizes that differ by one, the larger ones evenly among the others. */
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
function balancedEdges(edges: readonly number[], meanOf: (from: number, to: number) => number): number[] {
  const balanced = [...edges];
  const size = edges.length - 1;
  const average = edges[size]! / size;
  const surplus = (from: number, to: number) => (to - from - average) * meanOf(from, to);
  let total = 0;
  for (let index = 0; index < size; index++) total += surplus(edges[index]!, edges[index + 1]!);

  for (let index = 1; index < size; index++) {
    const below = balanced[index - 1]!;
    const edge = balanced[index]!;
    const above = balanced[index + 1]!;
    const exchanged = below + (above - edge);
    if (exchanged === edge) continue;
    const before = surplus(below, edge) + surplus(edge, above);
    const change = surplus(below, exchanged) + surplus(exchanged, above) - before;
    if (Math.abs(total + change) < Math.abs(total)) {
      balanced[index] = exchanged;
      total += change;
    }
  }
  return balanced;
}

/**
 * Gives the ascending values the exact mean. Each goes the same part of the way to its neighbour, so that the shift
 * happens where values lie far apart, in a tail, and hardly at a percentile.
 */
function withPlainMean(values: readonly number[], mean: number, lowest: number, highest: number): number[] {
  const missing = values.reduce((total, value) => total + (mean - value), 0);
  const room = values.map((value, index) =>
    missing > 0 ? (values[index + 1] ?? highest) - value : value - (values[index - 1] ?? lowest),
  );
  const totalRoom = room.reduce((total, distance) => total + distance, 0);
  if (totalRoom === 0) return [...values];
  // Less than half of the way, unless the values differ by no more than rounding errors: hence the limits.
  const part = missing / totalRoom;
  return values.map((value, index) => Math.min(Math.max(value + part * room[index]!, lowest), highest));
}

/**
 * The numbers below `size`, ordered by their binary digits in reverse: however many of them come first, they are spread
 * over all. A server that flushes between two datagrams then sees two thinner pictures instead of a head and a tail.
 */
function bitReversed(size: number): number[] {
  let order = [0];
  while (order.length < size) {
    order = [...order.map((index) => 2 * index), ...order.map((index) => 2 * index + 1)];
  }
  return order.filter((index) => index < size);
}
