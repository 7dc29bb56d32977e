import { wait, type Clock } from './clock.ts';

/** How fast payloads may follow each other. */
export interface PacingOptions {
  /** How many are sent at once, without waiting for the one before. */
  readonly payloadsAtOnce: number;
  /** How long to wait after that, in milliseconds. */
  readonly gapMillis: number;
}

/**
 * For datagrams, which a receiver's full buffer loses without a word: a default receive buffer holds 92 datagrams of
 * 1,432 bytes, and the reference server takes 32 every 20 ms while it has a processor to itself.
 */
export const DATAGRAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 20 };

/** For streams, which tell when they are full. */
export const STREAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 0 };

/** For senders that take one payload at a time and say when it is gone. */
export const ONE_BY_ONE_PACING: PacingOptions = { payloadsAtOnce: 1, gapMillis: 0 };

/** How far an unhurried export slows down. */
const LONGEST_GAP = 4;

/** The interval that is expected before exports tell it. */
const USUAL_INTERVAL_MILLIS = 10_000;

/**
 * Keeps the slices of an export apart. An export spreads over half of the interval between exports, as far as longer gaps
 * do that: a receiver that has to share its processor falls behind at full pace. For the same reason lost time is not
 * caught up with; what slowed us down slows the receiver down too.
 */
export class Pacing {
  readonly #options: PacingOptions;
  readonly #clock: Clock;
  #begunMillis: number | undefined;
  #intervalMillis = USUAL_INTERVAL_MILLIS;
  #longerMillis = USUAL_INTERVAL_MILLIS;
  /** When the deadline is so near that this export goes at full pace. */
  #hurryMillis = 0;
  /** Over how long this export spreads. */
  #spreadMillis = 0;
  #payloads = 0;
  /** How many slices this export will have, as far as can be told. */
  #slices = 1;
  #lastSliceMillis = -Infinity;

  constructor(options: PacingOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** How many payloads a slice may have. */
  get payloadsAtOnce(): number {
    return this.#options.payloadsAtOnce;
  }

  /**
   * Begins to send something that has so long.
   *
   * @param isExport whether it is an export, whose interval is to be learned
   */
  begin(timeoutMillis: number, isExport: boolean): void {
    const now = this.#clock.now();
    this.#hurryMillis = now + timeoutMillis / 2;
    if (isExport) {
      const last = this.#intervalMillis;
      if (this.#begunMillis !== undefined) this.#intervalMillis = now - this.#begunMillis;
      this.#begunMillis = now;
      // The longer of two: one flush between two intervals doesn't make exports come fast.
      this.#longerMillis = Math.max(last, this.#intervalMillis);
    }
    this.#spreadMillis = Math.min(this.#longerMillis, timeoutMillis) / 2;
    this.#payloads = 0;
  }

  /**
   * A slice is made.
   *
   * @param progress how much of the export is in this slice and those before it, 0 to 1
   */
  sliceMade(payloads: number, progress: number): void {
    this.#payloads += payloads;
    this.#slices = Math.max(1, this.#payloads / Math.max(progress, Number.EPSILON) / this.payloadsAtOnce);
  }

  /** Resolves when the next slice may be sent: where there is a gap, in a later turn of the event loop. */
  async ready(inHurry: boolean): Promise<void> {
    const { gapMillis } = this.#options;
    if (gapMillis === 0) return;
    const now = this.#clock.now();
    const isSlow = !inHurry && now < this.#hurryMillis;
    const unhurried = Math.min(
      Math.max(this.#spreadMillis / this.#slices, gapMillis),
      LONGEST_GAP * gapMillis,
    );
    const millis = this.#lastSliceMillis + (isSlow ? unhurried : gapMillis) - now;
    await (millis > 0 ? wait(this.#clock, millis) : this.#clock.turn());
  }

  /** A slice was handed over. */
  sliceSent(): void {
    this.#lastSliceMillis = this.#clock.now();
  }
}
