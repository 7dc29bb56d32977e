import type { Clock } from './clock.ts';

// Taken when the module is loaded: a test framework that replaces the global one must not change what is sent.
const systemNow = Date.now;

/** By how much it must differ from the time that has passed before it counts as set. */
const SET_MILLIS = 60_000;

/** How far the two clocks may run apart otherwise, and how coarse a time may be. */
const TOLERANCE_MILLIS = 1000;

/** How many times it was set are remembered. */
const MAX_JUMPS = 10;

/** The time of day, and how it was set forward: what is read from it is compared with the time that has passed. */
export class WallClock {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** From the other clock's time to this one's. */
  #offsetMillis: number;
  #jumps: readonly { readonly atMillis: number; readonly byMillis: number }[] = [];

  /** @param now milliseconds since 1970 */
  constructor(clock: Clock, now: () => number = systemNow) {
    this.#clock = clock;
    this.#now = now;
    this.#offsetMillis = now() - clock.now();
  }

  /** Milliseconds since 1970. */
  read(): number {
    const now = this.#now();
    const passed = this.#clock.now();
    const atMillis = passed + this.#offsetMillis;
    const byMillis = now - atMillis;
    if (byMillis > SET_MILLIS) this.#jumps = [...this.#jumps, { atMillis, byMillis }].slice(-MAX_JUMPS);
    // What was read before could be from either side of it.
    else if (byMillis < -SET_MILLIS) this.#jumps = [];
    this.#offsetMillis = now - passed;
    return now;
  }

  /**
   * The time of a moment, as the clock would have shown it had it been right all along. A computer that slept looks like
   * one whose clock was set forward.
   *
   * @param millis as it was read then; it should be so long ago that it can't have been read since the clock was set
   */
  corrected(millis: number): number {
    return this.#jumps.reduce(
      (time, { atMillis, byMillis }) => (time <= atMillis + TOLERANCE_MILLIS ? time + byMillis : time),
      millis,
    );
  }
}
