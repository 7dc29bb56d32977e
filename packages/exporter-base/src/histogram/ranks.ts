import { intervals, known, type HistogramValue, type Interval } from './histogram.ts';

/**
 * The values of a histogram by rank: the returned function gives the mean of the values with the ranks `from + 1` to
 * `to`, counted from the smallest. The mean of all of them is the exact `sum / count`, the first one is `min`, the
 * last one `max`, where the histogram knows these and they agree with its buckets.
 *
 * Nobody knows where in a bucket its values lie. They are assumed to lie denser towards the neighbour that has more values.
 * Then all of them are moved up or down in their buckets by the same share, so that they add up to the exact sum.
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
    // A rounding error may put the mean outside of the interval.
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

/** The intervals. The smallest and the largest value, where they are known, have intervals of their own. */
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
 * Where in each interval its values lie on average, from 0 (all at `low`) to 1 (all at `high`). The neighbours give a first
 * guess. Then all are moved up or down by the same share of the room that is left, until the mean of all values is right.
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
  // More than all of the room would be needed only if the sum contradicts the buckets.
  const up = missing > 0 ? Math.min(missing / roomAbove, 1) : 0;
  const down = missing < 0 ? Math.min(-missing / roomBelow, 1) : 0;
  return heights.map((height) => height + up * (1 - height) - down * height);
}

/** Where the mean lies when the density of values changes linearly, from half-way to one neighbour's to half-way to the other's. */
function likelyHeight(own: Interval, below: Interval | undefined, above: Interval | undefined): number {
  const start = density(own) + densityBeside(own, below);
  const end = density(own) + densityBeside(own, above);
  // NaN for an interval without width, where every place is the same.
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
