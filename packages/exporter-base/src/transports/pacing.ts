import { wait, type Clock } from '../support/clock.ts';

/** How fast payloads may follow each other. */
export interface PacingOptions {
  /** How many are sent at once, without waiting for the one before. */
  readonly payloadsAtOnce: number;
  /** How long to wait after that, in milliseconds. */
  readonly gapMillis: number;
  /**
   * How many lines may be sent in a second.
   *
   * @default no limit
   */
  readonly linesPerSecond?: number | undefined;
}

/**
 * For datagrams. A receiver whose buffer is full loses them, and nobody is told. A default receive buffer holds 92 datagrams
 * of 1,432 bytes, and the reference server reads 32 every 20 ms when it has a processor for itself.
 */
export const DATAGRAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 20 };

/** For streams, which tell when they are full. */
export const STREAM_PACING: PacingOptions = { payloadsAtOnce: 32, gapMillis: 0 };

/** How long a slice lasts when lines are counted. */
const LINES_SLICE_MILLIS = 100;

/**
 * For streams to a receiver that takes only so many lines in a second and throws away the others. A stream tells when its own
 * buffer is full, but not when a queue of the receiver is.
 */
export function linePacing(linesPerSecond: number): PacingOptions {
  return { ...STREAM_PACING, linesPerSecond };
}

/** How many lines are sent at once at that pace. A payload should not have more. */
export function linesAtOnce(linesPerSecond: number): number {
  return Math.max(1, Math.floor((linesPerSecond * LINES_SLICE_MILLIS) / 1000));
}

/** For senders that take one payload at a time and say when it is gone. */
export const ONE_BY_ONE_PACING: PacingOptions = { payloadsAtOnce: 1, gapMillis: 0 };

/**
 * How long to wait between two slices at the end of a process. On loopback, a server that only reads takes 5,000 datagrams at
 * that pace, and half of 1,000 without a gap.
 */
const LAST_GAP_MILLIS = 2;

/** The longest gap of an export that has time, as a multiple of the shortest one. */
const LONGEST_GAP = 4;

/** The interval between exports that is assumed until there were two of them. */
const USUAL_INTERVAL_MILLIS = 10_000;

/**
 * Keeps the slices of an export apart. An export is spread over half of the interval between exports, as far as the longest
 * gap allows, because a receiver that shares its processor with others can't read at full pace. When this process was slow,
 * it doesn't hurry afterwards: whatever slowed it down probably slows the receiver down too.
 */
export class Pacing {
  readonly #options: PacingOptions;
  readonly #clock: Clock;
  #begunMillis: number | undefined;
  #intervalMillis = USUAL_INTERVAL_MILLIS;
  #longerMillis = USUAL_INTERVAL_MILLIS;
  /** From this moment on the deadline is near, and the export goes at full pace. */
  #hurryMillis = 0;
  /** The time over which this export is spread. */
  #spreadMillis = 0;
  #payloads = 0;
  /** How many slices this export will have, as far as can be told. */
  #slices = 1;
  #lastSliceMillis = -Infinity;
  /** How long the lines of the last slice take at the pace of lines. */
  #lastLinesMillis = 0;

  constructor(options: PacingOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** How many payloads a slice may have. */
  get payloadsAtOnce(): number {
    return this.#options.payloadsAtOnce;
  }

  /** How many lines a slice may have before another payload is too much for it. */
  get linesAtOnce(): number {
    const { linesPerSecond = Infinity } = this.#options;
    return linesAtOnce(linesPerSecond);
  }

  /** How many lines a payload has; 0 where lines aren't counted. */
  linesOf(payload: string): number {
    if (this.#options.linesPerSecond === undefined) return 0;
    let lines = 1;
    for (let at = payload.indexOf('\n'); at !== -1; at = payload.indexOf('\n', at + 1)) lines += 1;
    return lines;
  }

  /**
   * A batch begins. It has to be sent within the time.
   *
   * @param isExport whether it comes from a reader: the time between these is the interval
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
    if (gapMillis === 0 && this.#lastLinesMillis === 0) return;
    const now = this.#clock.now();
    const isSlow = !inHurry && now < this.#hurryMillis;
    const unhurried = Math.min(
      Math.max(this.#spreadMillis / this.#slices, gapMillis),
      LONGEST_GAP * gapMillis,
    );
    const gap = Math.max(isSlow ? unhurried : gapMillis, this.#lastLinesMillis);
    const millis = this.#lastSliceMillis + gap - now;
    await (millis > 0 ? wait(this.#clock, millis) : this.#clock.turn());
  }

  /**
   * Blocks the thread until the next slice may be sent at the end of a process.
   *
   * @returns whether that moment comes before the deadline
   */
  readySync(deadlineMillis: number): boolean {
    const now = this.#clock.now();
    const gap = Math.max(LAST_GAP_MILLIS, this.#lastLinesMillis);
    const millis = Math.max(this.#lastSliceMillis + gap - now, 0);
    if (now + millis >= deadlineMillis) return false;
    if (millis > 0) this.#clock.sleep(millis);
    return true;
  }

  /** A slice of so many lines was handed over. */
  sliceSent(lines = 0): void {
    const { linesPerSecond = Infinity } = this.#options;
    this.#lastSliceMillis = this.#clock.now();
    this.#lastLinesMillis = (lines / linesPerSecond) * 1000;
  }
}
