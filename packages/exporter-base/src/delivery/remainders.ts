import type { Tally } from '../accounts/ledger.ts';

/** How much is remembered in each of two places. */
export interface RemainderLimits {
  /** How many series. */
  readonly maxSeries: number;
  /** How long their names and tags are together, in UTF-16 units. */
  readonly maxUnits: number;
}

const NO_ROOM =
  'the server takes whole numbers, and there are too many series to keep what is left of each for its next increase; ' +
  'have fewer series of counters with fractions';

const LIMITS: RemainderLimits = { maxSeries: 100_000, maxUnits: 8 * 1024 * 1024 };

/** Remainders that are given up, because there is no room for more: one point for each series, and their sum. */
export interface Forgotten extends Tally {
  /** A sentence for people, with the remedy. */
  readonly reason: string;
}

/** The increase of a series, by its name and tags on the wire. */
export interface Increase {
  /** The name of the series. */
  readonly name: string;
  /** The text of its tags. */
  readonly tags: string;
  /** The increase. */
  readonly value: number;
}

/** What became of an increase, and of the remainder of its series; 0 where there is none. */
export interface Rounding {
  /** What is sent. */
  readonly whole: number;
  /** The remainder that was added. */
  readonly before: number;
  /** The remainder that is left. */
  readonly after: number;
  /** Remainders that are given up, if any. */
  readonly forgotten: Forgotten | undefined;
}

/**
 * A sum that is so close to a whole number counts as that one. To a computer, ten times 0.1 is 0.9999999999999999: cut to a
 * whole number, it would stay a remainder.
 */
const CLOSE = 1e-9;

/**
 * Makes increases whole, for servers that cut each value to a whole number. What is less than one stays here as the remainder
 * of its series, and is added to its next increase. So all that was sent of a series differs from all that was recorded by
 * less than one.
 *
 * At least those series are remembered that were used last, as many as the limits allow. The others are forgotten.
 *
 * @example
 * super({ ...options, remainders: new Remainders() });
 */
export class Remainders {
  readonly #limits: RemainderLimits;
  #latest = new Generation();
  /** Those that were not used since `#latest` was begun. */
  #earlier = new Generation();

  /** @param limits 100,000 series and 8 Mi units by default */
  constructor(limits = LIMITS) {
    this.#limits = limits;
  }

  /** Makes an increase whole. @returns `undefined` where it is whole already */
  round({ name, tags, value }: Increase): Rounding | undefined {
    const whole = Math.trunc(value);
    // Less than one can't make a whole number more.
    if (value === whole) return undefined;
    const before = this.#latest.take(name, tags) ?? this.#earlier.take(name, tags) ?? 0;
    // Of a double, the part behind the point is exact, however large the rest is.
    const fraction = value - whole + before;
    const wholeFraction = wholePart(fraction);
    const after = fraction - wholeFraction;
    if (after !== 0) this.#latest.add(name, tags, after);
    return { whole: whole + wholeFraction, before, after, forgotten: this.#makeRoom() };
  }

  #makeRoom(): Forgotten | undefined {
    const { series, units } = this.#latest;
    if (series < this.#limits.maxSeries && units < this.#limits.maxUnits) return undefined;
    const forgotten = this.#earlier;
    this.#earlier = this.#latest;
    this.#latest = new Generation();
    const { series: points } = forgotten;
    return points === 0 ? undefined : { points, amount: forgotten.amount(), reason: NO_ROOM };
  }
}

function wholePart(value: number): number {
  const nearest = Math.round(value);
  return Math.abs(value - nearest) < CLOSE ? nearest : Math.trunc(value);
}

/** Remainders by name and then by tags: both texts are in memory anyway, as long as the series is exported. */
class Generation {
  readonly #remainders = new Map<string, Map<string, number>>();
  series = 0;
  units = 0;

  add(name: string, tags: string, remainder: number): void {
    let ofName = this.#remainders.get(name);
    if (ofName === undefined) this.#remainders.set(name, (ofName = new Map()));
    ofName.set(tags, remainder);
    this.series += 1;
    this.units += name.length + tags.length;
  }

  take(name: string, tags: string): number | undefined {
    const ofName = this.#remainders.get(name);
    const remainder = ofName?.get(tags);
    if (remainder === undefined) return undefined;
    ofName!.delete(tags);
    if (ofName!.size === 0) this.#remainders.delete(name);
    this.series -= 1;
    this.units -= name.length + tags.length;
    return remainder;
  }

  amount(): number {
    let sum = 0;
    for (const ofName of this.#remainders.values()) for (const remainder of ofName.values()) sum += remainder;
    return sum;
  }
}
