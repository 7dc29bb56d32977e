import type { Attributes } from '@opentelemetry/api';
import type { Refusal } from '../accounts/ledger.ts';
import type { DerivedSeries } from '../series/derived-names.ts';
import type { Remainders } from './remainders.ts';
import type { Series, Texts, Translate } from '../series/series.ts';
import type { Clock } from '../support/clock.ts';
import type { PacingOptions } from '../transports/pacing.ts';
import type { Route } from '../transports/transport.ts';

/**
 * How much somebody wants what is sent now: `export` for the exporter itself, `flush` when somebody waits, `shutdown` when
 * nothing is sent later.
 */
export type Urgency = 'export' | 'flush' | 'shutdown';

/** The series whose point is to get a second. */
export interface SecondOwner {
  /** The name of the series on the wire. */
  readonly name: string;
  /** The text of its tags on the wire. */
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
   * The second of a point.
   *
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

/** What is special to one exporter. Everything else is the same for all. */
export interface DeliveryOptions {
  /** The exporter's class name: messages start with it. */
  readonly component: string;
  /** Where payloads go, for people, for example `udp 127.0.0.1:8125`. */
  readonly destination: string;
  /** What to look at when nothing arrives there: a sentence that names options and variables. */
  readonly remedy: string;
  /** Gives the metrics of one resource their names and tags on the wire. Pure. */
  readonly translator: (resource: Attributes) => Translate;
  /**
   * The series that are sent, or that the server makes, in place of a histogram. None of them gets a name that a metric of
   * the program has: see `baseName` of a {@link Series}.
   *
   * @default none
   */
  readonly derived?: DerivedSeries | undefined;
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
   * Makes increases whole, for servers that cut each value to a whole number. What is less than one is added to the next
   * increase of its series. Until then it is pending, as an amount without points.
   *
   * @default increases are sent as they are
   */
  readonly remainders?: Remainders | undefined;
  /**
   * How many milliseconds ago a point may have ended when it is sent; the server ignores older ones.
   *
   * @default Infinity
   */
  readonly maxAgeMillis?: number | undefined;
  /** The route of all series, or of each of them. */
  readonly route: Route | ((series: Series) => Route);
  /** How fast payloads may follow each other. */
  readonly pacing: PacingOptions;
  /** How many milliseconds one export, `flush` or `shutdown` may take. */
  readonly timeoutMillis: number;
  /**
   * Measures time and waits, in milliseconds; for tests.
   *
   * @default the machine's
   */
  readonly clock?: Clock | undefined;
  /**
   * The time of day, in milliseconds since 1970.
   *
   * @default the machine's
   */
  readonly wallClock?: (() => number) | undefined;
}
