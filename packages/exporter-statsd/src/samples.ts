import type { HistogramValue } from '@tallykit/exporter-base';
import { bitReversed, rankMeans } from '@tallykit/exporter-base/histograms';

/** A value to be sent in place of `weight` recorded ones. */
export interface Sample {
  value: number;
  /** A positive whole number. The line's sample rate is its reciprocal. */
  readonly weight: number;
}

/**
 * A histogram as at most `sampleLimit` samples of equal weight, one of them of less, in the order in which to send them.
 *
 * The reference server applies a timer's sample rate to its count only: mean and percentiles are those of the plain
 * samples (statsd `lib/process_metrics.js`). Other servers count each sample `weight` times. To be right on both, the
 * values are parted by rank into strata of equal size, and each stratum is sent as its mean. Where the size doesn't divide
 * the count, one stratum is smaller, and that one is sent as the mean of all values.
 *
 * - The weights add up to exactly `count`.
 * - The mean of the samples is the exact mean, plain and weighted, to rounding errors.
 * - Percentiles are right to the width of a stratum and of a bucket, weighted or not, where there are many values. Close to
 *   `sampleLimit`, the odd stratum may be much larger than the others, and what lies beside it is off by more.
 * - Samples keep within `min` and `max`. Up to `sampleLimit` values, each is a sample of its own, and minimum and
 *   maximum are exact.
 *
 * @example
 * for (const { value, weight } of equalWeightSamples(histogram, 250)) send(timerLine(name, value, weight));
 */
export function equalWeightSamples(histogram: HistogramValue, sampleLimit: number): Sample[] {
  const { count } = histogram;
  if (!(count > 0)) return [];
  const meanOf = rankMeans(histogram);
  const strata = partition(count, sampleLimit);
  const { weight, size, rest } = strata;
  const samples =
    rest === weight
      ? Array.from({ length: size }, (_, index) => ({
          value: meanOf(index * weight, (index + 1) * weight),
          weight,
        }))
      : unequalSamples(meanOf, count, strata);
  return bitReversed(size).map((index) => samples[index]!);
}

/** How many strata there are, and how many values each of them has but one, which has `rest`. */
interface Strata {
  readonly weight: number;
  readonly size: number;
  readonly rest: number;
}

/** Which shares of the values lie above p50, p95 and p99. */
const SHARES_ABOVE = [0.5, 0.05, 0.01];

/** This, divided by a stratum's place in a long tail (Pareto with α = 1.5), is how far its mean is from its middle. */
const CURVATURE = 0.07;

/** The weight that every server understands: netdata reads a sample rate below 0.01 as 0.01. */
const COMMON_WEIGHT = 100;

/**
 * Chooses the strata. More of them are not always better: a percentile is read as the mean of a whole stratum, and is best
 * where its rank lies in the middle of that one.
 */
function partition(count: number, sampleLimit: number): Strata {
  if (count <= sampleLimit) return { weight: 1, size: count, rest: 1 };
  const heaviest = count > COMMON_WEIGHT * sampleLimit ? Infinity : COMMON_WEIGHT;
  let best: Strata | undefined;
  let leastError = Infinity;
  for (let most = sampleLimit; most > sampleLimit / 2; most--) {
    for (const weight of [Math.floor(count / most), Math.ceil(count / most)]) {
      const size = Math.min(most, Math.ceil(count / weight));
      const strata = { weight, size, rest: count - weight * (size - 1) };
      if (Math.max(weight, strata.rest) > heaviest) continue;
      const error = percentileError(count, strata);
      if (best === undefined || error < leastError) {
        best = strata;
        leastError = error;
      }
    }
  }
  return best!;
}

/**
 * By how many ranks p50, p95 or p99 is wrong, in standard errors of the percentile itself. Servers read the nearest rank of
 * the samples, rounding (the reference server) or rounding up, or the sample where the weights reach the rank.
 */
function percentileError(count: number, { weight, size }: Strata): number {
  const errors = SHARES_ABOVE.map((share) => {
    // Strata from the top: where the percentile's rank lies, and which ones servers read.
    const place = (share * count) / weight;
    const above = share * size;
    const away = Math.max(
      Math.abs(place - Math.floor(place) - 0.5),
      Math.abs(place - Math.floor(above) - 0.5),
      Math.abs(place - (size - Math.round(size - above)) - 0.5),
    );
    return ((away + CURVATURE / place) * weight) / Math.sqrt(share * (1 - share) * count);
  });
  return Math.max(...errors);
}

/**
 * Strata of `weight` values each, but one of `rest` values.
 *
 * With n values, the mean M, and stratum means m, the weights make Σ weight × m = n × M. The plain mean is M as well when the
 * odd stratum's value is M. So it lies where its mean is nearest to M already, is moved to M, and the strata on the other side
 * of M make up for that: together they are further away from M than the odd one, because all of them together balance.
 */
function unequalSamples(
  meanOf: (from: number, to: number) => number,
  count: number,
  { weight, size, rest }: Strata,
): Sample[] {
  const mean = meanOf(0, count);
  const oddMean = (index: number): number => meanOf(index * weight, index * weight + rest);
  let odd = 0;
  for (let above = size; above - odd > 1;) {
    const middle = (odd + above) >> 1;
    if (oddMean(middle) <= mean) odd = middle;
    else above = middle;
  }
  if (odd + 1 < size && oddMean(odd + 1) - mean < mean - oddMean(odd)) odd += 1;

  const samples = Array.from({ length: size }, (_, index) => {
    if (index === odd) return { value: mean, weight: rest };
    const from = index * weight + (index > odd ? rest - weight : 0);
    return { value: meanOf(from, from + weight), weight };
  });
  // How much the others have to go up, in all. Those above M go down to it at most, those below go up.
  let missing = (rest * (oddMean(odd) - mean)) / weight;
  const step = missing < 0 ? 1 : -1;
  for (let index = odd + step; missing !== 0 && index >= 0 && index < size; index += step) {
    const sample = samples[index]!;
    const room = mean - sample.value;
    if (room * missing <= 0) continue;
    const moved = Math.abs(room) < Math.abs(missing) ? room : missing;
    sample.value += moved;
    missing -= moved;
  }
  return samples;
}
