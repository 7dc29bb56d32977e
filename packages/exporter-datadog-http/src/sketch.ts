import type { HistogramValue } from '@tallykit/exporter-base';
import { intervals, rankMeans } from '@tallykit/exporter-base/histograms';

/** A distribution as Datadog keeps it: exact totals, and how many values lie in each bin. */
export interface Sketch {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Ascending. A key stands several times only where its bin holds more than one number of the wire does. */
  readonly keys: readonly number[];
  /** How many values are in the bin of the same index. They add up to `count`. */
  readonly counts: readonly number[];
}

/** How many bins the Agent keeps. */
const MAX_BINS = 4096;

/**
 * How many values a bin of the Agent holds: its count has 16 bits. What is above is in further bins with the same key, the one
 * that is not full first (datadog-agent, `pkg/util/quantile/bin.go`, `appendSafe`).
 */
const AGENT_BIN_COUNT = 2 ** 16 - 1;

/** The same for the newest Agents, whose counts have 32 bits, as many as on the wire. */
const MAX_BIN_COUNT = 2 ** 32 - 1;

/** Above this, Datadog's translator takes no histogram: it has no place for it in bins of 16 bits. */
const MAX_AGENT_COUNT = MAX_BINS * AGENT_BIN_COUNT;

/** The largest histogram that a sketch can hold. */
export const MAX_SKETCH_COUNT = MAX_BINS * MAX_BIN_COUNT;

// The Agent's constants (`pkg/util/quantile/config.go`): a relative accuracy of 1/128, keys of 16 bits.
const GAMMA = 1 + 2 / 128;
const LOG_GAMMA = Math.log1p(2 / 128);
const BIAS = 1338;
/** Values closer to zero than that are zero to a sketch. */
const SMALLEST = GAMMA ** (1 - BIAS);
/** The key after this one means infinity. */
const LARGEST_KEY = 32_766;

/**
 * A histogram of either kind as a sketch.
 *
 * The values of each bucket are spread evenly over the bins that it overlaps, as Datadog's own translator does
 * (opentelemetry-mapping-go), and the totals are the histogram's exact ones. Shares are rounded so that the count below any
 * bin's end is right, give or take a half: no value is lost or made. Where the histogram doesn't know its sum, minimum or
 * maximum, they are estimated from the buckets.
 *
 * @param histogram with at least one value
 * @example
 * const { count, sum, min, max, keys, counts } = sketchOf(histogram);
 */
export function sketchOf(histogram: HistogramValue): Sketch {
  const parts = intervals(histogram);
  const bins = new Bins();
  let below = 0;
  for (const { low, high, count } of parts) {
    const last = keyOf(high);
    // Half of the width, because the distance between two numbers may be larger than the largest number.
    const halfWidth = high / 2 - low / 2;
    // Below the place of the first value, the rounded share is zero.
    const first = keyOf(low + halfWidth / count);
    let counted = 0;
    for (let key = first; key < last; key += 1) {
      const upToEnd = Math.round(count * ((endOf(key) / 2 - low / 2) / halfWidth));
      if (upToEnd > counted) bins.add(key, upToEnd - counted);
      counted = upToEnd;
    }
    if (count > counted) bins.add(last, count - counted);
    below += count;
  }
  const { count, sum } = histogram;
  return {
    count: below,
    sum: sum ?? rankMeans(histogram)(0, count) * count,
    min: histogram.min ?? parts[0]?.low ?? 0,
    max: histogram.max ?? parts.at(-1)?.high ?? 0,
    ...bins.storable(below <= MAX_AGENT_COUNT ? AGENT_BIN_COUNT : MAX_BIN_COUNT),
  };
}

/** The bin of a value, as the Agent chooses it: the nearest whole logarithm. */
function keyOf(value: number): number {
  if (value < 0) return -keyOf(-value);
  if (value < SMALLEST) return 0;
  return Math.min(Math.max(Math.round(Math.log(value) / LOG_GAMMA) + BIAS, 1), LARGEST_KEY);
}

/** The upper end of a bin. */
function endOf(key: number): number {
  if (key === 0) return SMALLEST;
  if (key === -1) return -SMALLEST;
  return key > 0 ? GAMMA ** (key - BIAS + 0.5) : -(GAMMA ** (-key - BIAS - 0.5));
}

/** How many values lie in each bin. Bins must be added in ascending order. */
class Bins {
  readonly #keys: number[] = [];
  readonly #counts: number[] = [];

  add(key: number, count: number): void {
    const last = this.#keys.length - 1;
    if (this.#keys[last] === key) {
      this.#counts[last]! += count;
    } else {
      this.#keys.push(key);
      this.#counts.push(count);
    }
  }

  /** Joins the lowest bins when there are too many, and parts bins whose count is too large for one. */
  storable(maxCount: number): Pick<Sketch, 'keys' | 'counts'> {
    // The lowest ones, as the Agent does, because people look at the high values.
    const surplus = Math.max(this.#keys.length - MAX_BINS, 0);
    this.#keys.splice(0, surplus);
    for (const count of this.#counts.splice(0, surplus)) this.#counts[0]! += count;
    if (this.#counts.every((count) => count <= maxCount)) return { keys: this.#keys, counts: this.#counts };

    const keys: number[] = [];
    const counts: number[] = [];
    for (const [index, count] of this.#counts.entries()) {
      const full = Math.floor(count / maxCount);
      const pieces = new Array<number>(full).fill(maxCount);
      if (count % maxCount > 0) pieces.unshift(count % maxCount);
      for (const piece of pieces) {
        keys.push(this.#keys[index]!);
        counts.push(piece);
      }
    }
    return { keys, counts };
  }
}
