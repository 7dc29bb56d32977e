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
 * values are parted by rank into strata of equal size, give or take one, and each stratum is sent as its mean, or close to it.
 *
 * - The weights add up to exactly `count`.
 * - The mean of the samples is the exact mean, plain and weighted, to rounding errors.
 * - Percentiles are right to the width of a stratum and of a bucket, weighted or not. With 50 samples more than a
 *   multiple of 100, the nearest rank of an odd percentile (95, 99) lies in the middle of its stratum.
 * - Samples keep within `min` and `max`. Up to `sampleLimit` values, each is a sample of its own, and minimum and
 *   maximum are exact.
 *
 * - No weight is above `count / sampleLimit`, rounded up: up to 100 times `sampleLimit` values, no rate is below 0.01, and
 *   netdata reads it right.
 *
 * Where one value is about as much as the others together, strata of two sizes may not allow both means. Then there are
 * fewer strata, of one size but for a single one, which is sent as the mean of all values.
 *
 * @example
 * for (const { value, weight } of equalWeightSamples(histogram, 250)) send(timerLine(name, value, weight));
 */
export function equalWeightSamples(histogram: HistogramValue, sampleLimit: number): Sample[] {
  const { count } = histogram;
  if (!(count > 0)) return [];
  const meanOf = rankMeans(histogram);
  const samples =
    evenSamples(meanOf, count, Math.min(count, sampleLimit)) ??
    samplesOfOneSize(meanOf, count, Math.ceil(count / sampleLimit));
  return bitReversed(samples.length).map((index) => samples[index]!);
}

/** The mean of the values with the ranks `from + 1` to `to`. */
type MeanOf = (from: number, to: number) => number;

/** Strata between the ranks `edges`, with their means. Some have `smaller` values, the others one more. */
interface EvenStrata {
  readonly smaller: number;
  readonly edges: number[];
  readonly means: number[];
}

/** `size` samples in ascending order whose weights differ by one at most; `undefined` where their mean can't be right. */
function evenSamples(meanOf: MeanOf, count: number, size: number): Sample[] | undefined {
  const smaller = Math.floor(count / size);
  const edges = evenEdges(count, size);
  const means = Array.from({ length: size }, (_, index) => meanOf(edges[index]!, edges[index + 1]!));
  const strata = { smaller, edges, means };
  // With equal weights both means are right already.
  const values = count % size === 0 ? means : withExactMeans(strata, balance(strata, meanOf), meanOf);
  return values?.map((value, index) => ({ value, weight: edges[index + 1]! - edges[index]! }));
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
 * Moves edges by one rank where that brings the mean of the smaller strata closer to the mean of all values. When the two are
 * equal, so is the mean of the larger strata, and then the plain mean of all strata is right, too. In a long tail it matters
 * whether the last stratum is a large one; exchanging sizes further down makes up for it.
 *
 * @returns by how much the means of the smaller strata are too high, in all.
 */
function balance({ smaller, edges, means }: EvenStrata, meanOf: MeanOf): number {
  const size = means.length;
  const mean = meanOf(0, edges[size]!);
  let excess = 0;
  for (let index = 0; index < size; index++) {
    if (smaller === edges[index + 1]! - edges[index]!) excess += means[index]! - mean;
  }

  // So little is easily made up for by moving values.
  const enough = (means.at(-1)! - means[0]!) / 1000;
  const exchange = (index: number): void => {
    const below = edges[index - 1]!;
    const edge = edges[index]!;
    const above = edges[index + 1]!;
    const exchanged = below + (above - edge);
    // The smaller stratum of the two is the lower one and becomes the upper one, or the other way round.
    const rises = edge < exchanged;
    if (exchanged === edge || rises === excess > 0) return;
    const after = rises ? meanOf(exchanged, above) : meanOf(below, exchanged);
    const change = after - means[rises ? index - 1 : index]!;
    if (Math.abs(excess + change) >= Math.abs(excess)) return;
    edges[index] = exchanged;
    means[index - 1] = rises ? meanOf(below, exchanged) : after;
    means[index] = rises ? after : meanOf(exchanged, above);
    excess += change;
  };
  // Upwards and back, because an exchange makes others possible on its way.
  for (let index = 1; index < size && Math.abs(excess) > enough; index++) exchange(index);
  for (let index = size - 1; index > 0 && Math.abs(excess) > enough; index--) exchange(index);
  return excess;
}

/**
 * Moves the ascending means of the smaller strata until they have no excess, and those of the larger strata the other way, so
 * that the mean of all values stays. Each moves by a part of the distance to its neighbour, and the part grows with that
 * distance: values that lie far apart, at the end of a tail, move most, and those at a percentile hardly move.
 *
 * @returns `undefined` where they would have to pass each other.
 */
function withExactMeans(
  { smaller, edges, means }: EvenStrata,
  excess: number,
  meanOf: MeanOf,
): readonly number[] | undefined {
  if (excess === 0) return means;
  const count = edges.at(-1)!;
  const lowest = meanOf(0, 1);
  const highest = meanOf(count - 1, count);
  const isSmaller = (index: number): boolean => smaller === edges[index + 1]! - edges[index]!;
  let roomOfSmaller = 0;
  let roomOfLarger = 0;
  const room = means.map((value, index) => {
    const neighbour =
      isSmaller(index) === excess > 0 ? (means[index - 1] ?? lowest) : (means[index + 1] ?? highest);
    const distance = neighbour - value;
    const share = distance * Math.abs(distance / (highest - lowest));
    if (isSmaller(index)) roomOfSmaller += share;
    else roomOfLarger += share;
    return share;
  });
  const partOfSmaller = -excess / roomOfSmaller;
  const partOfLarger = (excess * (smaller / (smaller + 1))) / roomOfLarger;
  const values = means.map(
    (value, index) => value + (isSmaller(index) ? partOfSmaller : partOfLarger) * room[index]!,
  );
  // Equal means differ by rounding errors, which don't count.
  const slack = (highest - lowest) * 1e-12;
  const isAscending = values.every((value, index) => value >= (values[index - 1] ?? lowest) - slack);
  if (!isAscending || !(values.at(-1)! <= highest + slack)) return undefined;
  return values.map((value) => Math.min(Math.max(value, lowest), highest));
}

/**
 * Samples in ascending order of `weight` values each, but for one of those that are left over.
 *
 * With n values, the mean M, and stratum means m, the weights make Σ weight × m = n × M. The plain mean is M as well when the
 * odd stratum's value is M. So it lies where its mean is nearest to M already, is moved to M, and the strata on the other side
 * of M make up for that: together they are further away from M than the odd one, because all of them together balance.
 */
function samplesOfOneSize(meanOf: MeanOf, count: number, weight: number): Sample[] {
  const size = Math.ceil(count / weight);
  const rest = count - weight * (size - 1);
  const mean = meanOf(0, count);
  const oddMean = (index: number): number => meanOf(index * weight, index * weight + rest);
  let odd = 0;
  for (let above = size; above - odd > 1;) {
    const middle = (odd + above) >> 1;
    if (oddMean(middle) <= mean) odd = middle;
    else above = middle;
  }
  if (odd + 1 < size && oddMean(odd + 1) - mean < mean - oddMean(odd)) odd += 1;

  const values = Array.from({ length: size }, (_, index) => {
    if (index === odd) return mean;
    const from = index * weight + (index > odd ? rest - weight : 0);
    return meanOf(from, from + weight);
  });
  // How much the others have to go up, in all. Those above M go down to it at most, those below go up.
  let missing = (rest / weight) * (oddMean(odd) - mean);
  const step = missing < 0 ? 1 : -1;
  for (let index = odd + step; missing !== 0 && index >= 0 && index < size; index += step) {
    const distance = mean - values[index]!;
    if (distance > 0 !== missing > 0) continue;
    const moved = Math.abs(distance) < Math.abs(missing) ? distance : missing;
    values[index]! += moved;
    missing -= moved;
  }
  // A stratum beside the odd one may have a mean between its mean and M.
  return values
    .map((value, index) => ({ value, weight: index === odd ? rest : weight }))
    .toSorted((one, other) => one.value - other.value);
}
