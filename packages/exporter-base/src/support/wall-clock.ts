import type { Clock } from './clock.ts';

// Taken when this module is loaded. A test framework may replace the global one, which must not change the times that are sent.
const systemNow = Date.now;

/** A jump of the time of day that is larger than this means that somebody set the clock. */
const SET_MILLIS = 60_000;

/** How much the two clocks may differ when nobody set one, and how coarse a time may be. */
const TOLERANCE_MILLIS = 1000;

/** How many jumps are remembered. */
const MAX_JUMPS = 10;

/** The time of day, with a memory of when it was set forward. It finds that out by a second clock that nobody can set. */
export class WallClock {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** What has to be added to the second clock's time to get the time of day. */
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
    // Set back: a time that was read before may be from before or after a jump, so the jumps say nothing any more.
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
