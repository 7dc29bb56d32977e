import { MAX_HISTOGRAM_BUCKETS } from '../support/temporality.ts';
import { asExponential, mergeExponential, mergeTotals } from './exponential.ts';
import type { HistogramValue } from './histogram.ts';

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

function sameNumbers(first: readonly number[], second: readonly number[]): boolean {
  return first.length === second.length && first.every((value, index) => value === second[index]);
}
