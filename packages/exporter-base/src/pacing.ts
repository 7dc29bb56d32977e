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
 * 1,432 bytes, and the reference server takes 32 every 20 ms also on a busy machine.
 */
export const DATAGRAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 20 };

/** For streams, which tell when they are full. */
export const STREAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 0 };

/** For senders that take one payload at a time and say when it is gone. */
export const ONE_BY_ONE_PACING: PacingOptions = { payloadsAtOnce: 1, gapMillis: 0 };

/** How far an unhurried export slows down. */
const SLOWEST_FRACTION = 1 / 4;

/** The interval that is expected before exports tell it. */
const USUAL_INTERVAL_MILLIS = 10_000;

/**
 * Cuts an export into slices and keeps them apart. An export spreads over half of the interval between exports, as far as
 * smaller slices do that: a receiver that has to share its processor falls behind at full pace. For the same reason lost
 * time is not caught up with; what slowed us down slows the receiver down too.
 */
export class Pacing {
  readonly #options: PacingOptions;
  readonly #clock: Clock;
  #begunMillis: number | undefined;
  #intervalMillis = USUAL_INTERVAL_MILLIS;
  /** When the deadline is so near that this export goes at full pace. */
  #hurryMillis = 0;
  /** Over how many slices this export spreads. */
  #plannedSlices = 1;
  #slices = 0;
  #payloads = 0;
  #nextSliceMillis = 0;

  constructor(options: PacingOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Begins an export that has so long. */
  begin(timeoutMillis: number): void {
    const now = this.#clock.now();
    const last = this.#intervalMillis;
    if (this.#begunMillis !== undefined) this.#intervalMillis = now - this.#begunMillis;
    this.#begunMillis = now;
    this.#hurryMillis = now + timeoutMillis / 2;
    // The longer of two: one flush between two intervals doesn't make exports come fast.
    const intervalMillis = Math.max(last, this.#intervalMillis);
    this.#plannedSlices = Math.min(intervalMillis, timeoutMillis) / 2 / this.#options.gapMillis;
    this.#slices = 0;
    this.#payloads = 0;
  }

  /**
   * How many payloads the next slice may have.
   *
   * @param progress how much of the export is in payloads, 0 to 1
   */
  sliceSize(progress: number, inHurry: boolean): number {
    const { payloadsAtOnce: most, gapMillis } = this.#options;
    if (inHurry || gapMillis === 0 || this.#clock.now() >= this.#hurryMillis) return most;
    const payloadsLeft = progress > 0 ? this.#payloads / progress - this.#payloads : 0;
    const slicesLeft = Math.max(1, this.#plannedSlices - this.#slices);
    return Math.min(most, Math.max(Math.ceil(most * SLOWEST_FRACTION), Math.ceil(payloadsLeft / slicesLeft)));
  }

  /** Resolves when the next slice may be sent, in a later turn of the event loop. */
  async ready(): Promise<void> {
    const millis = this.#nextSliceMillis - this.#clock.now();
    await (millis > 0 ? wait(this.#clock, millis) : this.#clock.turn());
  }

  /** A slice of so many payloads was handed over. */
  sliceSent(payloads: number): void {
    this.#slices += 1;
    this.#payloads += payloads;
    this.#nextSliceMillis = this.#clock.now() + this.#options.gapMillis;
  }
}
