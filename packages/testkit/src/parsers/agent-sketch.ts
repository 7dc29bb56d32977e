/** The Datadog Agent's constants (`pkg/util/quantile/config.go`): relative accuracy 1/128, smallest value 1e-9. */
const GAMMA = 1 + 2 / 128;
const LOG_GAMMA = Math.log1p(2 / 128);
const BIAS = 1 - Math.floor(Math.log(1e-9) / LOG_GAMMA);
const SMALLEST = GAMMA ** (1 - BIAS);
const LARGEST_KEY = 32_766;

/**
 * A distribution as the Datadog Agent keeps it: what it makes of values of the type `d` of DogStatsD (`pkg/util/quantile`:
 * `agent.go`, `sparse.go`). The Agent merges bins when there are too many. This class never does, as tests need few of them.
 *
 * @example
 * const sketch = new AgentSketch();
 * for (const { values, rate } of samples) for (const value of values) sketch.insert(value, rate);
 * sketch.quantile(0.99);
 */
export class AgentSketch {
  /** How many values there are. */
  count = 0;
  /** Their sum. */
  sum = 0;
  /** The lowest of them; infinite when there are none. */
  min = Number.POSITIVE_INFINITY;
  /** The highest of them; minus infinite when there are none. */
  max = Number.NEGATIVE_INFINITY;
  readonly #bins = new Map<number, number>();

  /**
   * Adds a value that stands for `1 / rate` values. As in the Agent, the count grows by the whole part of that, and the sum by all
   * of it.
   */
  insert(value: number, rate = 1): void {
    const weight = rate > 0 && rate <= 1 ? 1 / rate : 1;
    const whole = Math.trunc(weight);
    this.count += whole;
    this.sum += value * weight;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    const key = keyOf(value);
    this.#bins.set(key, (this.#bins.get(key) ?? 0) + whole);
  }

  /** Adds a sketch as the Agent sends it to Datadog: bins by key, and the exact totals. */
  addBins(sketch: {
    readonly count: number;
    readonly sum: number;
    readonly min: number;
    readonly max: number;
    readonly keys: readonly number[];
    readonly counts: readonly number[];
  }): void {
    this.count += sketch.count;
    this.sum += sketch.sum;
    this.min = Math.min(this.min, sketch.min);
    this.max = Math.max(this.max, sketch.max);
    for (const [index, key] of sketch.keys.entries())
      this.#bins.set(key, (this.#bins.get(key) ?? 0) + sketch.counts[index]!);
  }

  /** Adds everything that is in another sketch. */
  merge(other: AgentSketch): void {
    const { count, sum, min, max } = other;
    this.addBins({
      count,
      sum,
      min,
      max,
      keys: [...other.#bins.keys()],
      counts: [...other.#bins.values()],
    });
  }

  /**
   * A quantile by the Agent's formula; 0 when there are no values.
   *
   * @param q from 0 to 1
   */
  quantile(q: number): number {
    if (this.count === 0) return 0;
    const rank = roundToEven(q * (this.count - 1));
    let seen = 0;
    for (const [key, count] of [...this.#bins].sort(([first], [second]) => first - second)) {
      seen += count;
      if (seen <= rank) continue;
      const share = (seen - rank) / count;
      const low = lowOf(key);
      const value = low * share + low * GAMMA * (1 - share);
      return Math.min(Math.max(value, this.min), this.max);
    }
    return this.max;
  }
}

function keyOf(value: number): number {
  if (value < 0) return -keyOf(-value);
  if (value < SMALLEST) return 0;
  return Math.min(Math.max(roundToEven(Math.log(value) / LOG_GAMMA) + BIAS, 1), LARGEST_KEY);
}

function lowOf(key: number): number {
  if (key === 0) return 0;
  return Math.sign(key) * GAMMA ** (Math.abs(key) - BIAS);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const isHalf = value - below === 0.5;
  return isHalf ? below + (below % 2) : Math.round(value);
}
