import type { Refusal } from '../accounts/ledger.ts';
import type { PendingSeries } from '../series/pending-series.ts';
import type { Texts } from '../series/series.ts';
import type { Clock } from '../support/clock.ts';
import { WallClock } from '../support/wall-clock.ts';
import type { DeliveryOptions, Urgency } from './delivery-options.ts';

/** What it needs of the exporter's options. */
export type SeriesFormatterOptions = Pick<
  DeliveryOptions,
  'format' | 'seconds' | 'maxAgeMillis' | 'wallClock'
>;

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
