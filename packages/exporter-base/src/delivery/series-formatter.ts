import type { Refusal } from '../accounts/ledger.ts';
import type { PendingSeries } from '../series/pending-series.ts';
import type { Series, Texts } from '../series/series.ts';
import type { Clock } from '../support/clock.ts';
import { WallClock } from '../support/wall-clock.ts';

/**
 * How much somebody wants what is sent now: `export` for the exporter itself, `flush` when somebody waits, `shutdown` when
 * nothing is sent later.
 */
export type Urgency = 'export' | 'flush' | 'shutdown';

/** Whose point is to get a second. */
export interface SecondOwner {
  readonly name: string;
  readonly tags: string;
  /** The second that the same point got before and was not sent with: it may have it again. */
  readonly second?: number | undefined;
  /** The name under which a series of the same name and tags was sent before. */
  readonly formerOwner?: string | undefined;
}

/** Gives points a second of their own, for servers that keep only one value of a series for each second. */
export interface PointSeconds {
  /** Whether the points of a series need one. */
  needsOwnSecond(series: Series): boolean;
  /**
   * @param endMillis when the point ended, in milliseconds since 1970
   * @param nowMillis the time of day
   * @returns the second, in seconds since 1970; or until which second the point has to wait because there is none
   */
  next(
    owner: SecondOwner,
    endMillis: number,
    nowMillis: number,
    urgency: Urgency,
  ): number | { readonly untilSecond: number };
}

/** What one exporter brings along for it. */
export interface SeriesFormatterOptions {
  /**
   * The texts of a series. Pure.
   *
   * @param second the time of a series that needs a second of its own, in seconds since 1970
   */
  readonly format: (series: Series, second: number | undefined) => Texts | Refusal;
  /**
   * Gives series a second of their own for every point.
   *
   * @default none needs one
   */
  readonly seconds?: PointSeconds | undefined;
  /**
   * How long ago a point may have ended when it is sent; the server ignores older ones.
   *
   * @default Infinity
   */
  readonly maxAgeMillis?: number;
  /**
   * The time of day, in milliseconds since 1970.
   *
   * @default the machine's
   */
  readonly wallClock?: () => number;
}

/** A series has to wait for the clock. It is kept, and that is no fault. */
export interface TooEarly extends Refusal {
  readonly waitMillis: number;
}

/** After how long it is looked at the latest whether points that wait for the clock can go: it may be set meanwhile. */
const LONGEST_CLOCK_WAIT_MILLIS = 60_000;

/** Makes the texts of pending series, and sees to their time: not too old, and a second of its own where one is needed. */
export class SeriesFormatter {
  readonly #options: SeriesFormatterOptions;
  readonly #wallClock: WallClock;
  /** The time of day when the batch began. */
  #nowMillis = 0;

  constructor(options: SeriesFormatterOptions, clock: Clock) {
    this.#options = options;
    this.#wallClock = new WallClock(clock, options.wallClock);
  }

  /** Reads the clock, for all series of a batch. */
  beginBatch(): void {
    this.#nowMillis = this.#wallClock.read();
  }

  format(pending: PendingSeries, urgency: Urgency): Texts | Refusal | TooEarly {
    const { format, seconds, maxAgeMillis = Infinity } = this.#options;
    const { series } = pending;
    const now = this.#nowMillis;
    if (maxAgeMillis === Infinity && seconds === undefined) return format(series, undefined);
    let { endMillis } = pending;
    if (now - endMillis > maxAgeMillis) {
      // Unless it only looks old, because the clock was set forward since.
      endMillis = this.#wallClock.corrected(endMillis);
      if (now - endMillis > maxAgeMillis) return expired(maxAgeMillis);
    }
    if (seconds?.needsOwnSecond(series) !== true) return format(series, undefined);
    const second = seconds.next(pending, endMillis, now, urgency);
    if (typeof second === 'object') return tooEarly(second.untilSecond * 1000 - now);
    pending.second = second;
    return format(series, second);
  }
}

export function isTooEarly(failure: object): failure is TooEarly {
  return 'waitMillis' in failure;
}

function tooEarly(waitMillis: number): TooEarly {
  return {
    refused: 'shutdown',
    reason: 'the exporter was shut down before the clock had passed the last second of its series',
    waitMillis: Math.min(waitMillis, LONGEST_CLOCK_WAIT_MILLIS),
  };
}

function expired(maxAgeMillis: number): Refusal {
  return {
    refused: 'expired',
    reason: `it is older than ${maxAgeMillis / 60_000} minutes, and the server would ignore it`,
  };
}
