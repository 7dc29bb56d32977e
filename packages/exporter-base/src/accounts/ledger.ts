import { log } from '../support/log.ts';
import { visible } from '../support/visible.ts';

/** A number of points, and the sum of their increases (zero for points that are no increases). */
export interface Tally {
  /** How many points. */
  readonly points: number;
  /** The sum of their increases. */
  readonly amount: number;
}

/**
 * Why points were dropped:
 * - `cumulative`, `notFinite`: the value can't be exported;
 * - `notRepresentable`: the protocol has no form for it;
 * - `oversize`: a line is longer than a payload may be;
 * - `notAccepted`: the server, the kernel or the network didn't take it;
 * - `unknown`: sent, and nobody knows whether it arrived;
 * - `refused`: the server, or the kernel, will never take it;
 * - `timeout`: sent in part when the time was up, so that it can't be sent again;
 * - `overflow`: kept for later until there was no room for more;
 * - `expired`: older than the server takes;
 * - `rounded`: a remainder of less than one, which a server of whole numbers doesn't take (an amount without points);
 * - `shutdown`: not sent before the exporter was shut down;
 * - `error`: a fault in the exporter, or data that no SDK makes.
 */
export type DropCause =
  | 'cumulative'
  | 'notFinite'
  | 'notRepresentable'
  | 'oversize'
  | 'notAccepted'
  | 'unknown'
  | 'refused'
  | 'timeout'
  | 'overflow'
  | 'expired'
  | 'rounded'
  | 'shutdown'
  | 'error';

/** A point that is not exported, and why: a sentence for people, with the remedy. */
export interface Refusal {
  /** The cause under which it is counted. */
  readonly refused: DropCause;
  /** A sentence for people, with the remedy. */
  readonly reason: string;
}

/**
 * Where everything that an exporter received has gone since it was made. At every moment
 * `received = exported + pending + dropped`, in points and in amounts.
 */
export interface ExporterStats extends Account {
  /** The same for what is not a metric: events and checks, each of them counted as one point. */
  readonly events: Account;
}

/** Where points, or events, have gone. */
export interface Account {
  /** What was handed in. */
  readonly received: Tally;
  /**
   * Handed to the kernel or taken by the server. Increases of zero, which need not be sent, count here as well, and of an
   * increase that is sent as a whole number its point.
   */
  readonly exported: Tally;
  /**
   * Being sent, or kept to be sent later. The remainders of increases that are sent as whole numbers are amounts without
   * points.
   */
  readonly pending: Tally;
  /** Lost. */
  readonly dropped: Tally;
  /** The same, by cause; causes that never occurred are missing. */
  readonly droppedBy: Readonly<Partial<Record<DropCause, Tally>>>;
}

const NOTHING: Tally = { points: 0, amount: 0 };

/** The account of an exporter that was handed nothing, or of events where there are none. */
export const EMPTY_ACCOUNT: Account = {
  received: NOTHING,
  exported: NOTHING,
  pending: NOTHING,
  dropped: NOTHING,
  droppedBy: {},
};

/** The result of `flush`, in points and events. All but `pending` count since the last report, or since the start. */
export interface FlushReport {
  /** Handed to the kernel or taken by the server. */
  readonly exported: number;
  /** Still being sent when the time was up, or kept because the server didn't take them. */
  readonly pending: number;
  /** Lost. */
  readonly dropped: number;
  /** Why, at most ten different reasons. */
  readonly errors: readonly Error[];
}

/** An error of a report. As JSON it is its message: a report ends up in logs and in the answers of health checks. */
export class ReportedError extends Error {
  constructor(message: string) {
    super(visible(message));
  }

  /** The message. */
  toJSON(): string {
    return this.message;
  }
}

/** The sum of two reports. */
export function mergeReports(first: FlushReport, second: FlushReport): FlushReport {
  return {
    exported: first.exported + second.exported,
    pending: first.pending + second.pending,
    dropped: first.dropped + second.dropped,
    errors: [...first.errors, ...second.errors],
  };
}

/** How many different reasons a report keeps. */
const MAX_REASONS = 10;

/**
 * Counts points from `receive` to `export` or `drop`. Logs drops, the first of each cause as a warning, and what is cut, the
 * first of each kind.
 */
export class Ledger {
  readonly #component: string;
  readonly #received = new Sum();
  readonly #exported = new Sum();
  /** Points that are pending, and their amount without remainders. */
  readonly #pending = new Sum();
  /** Series that have a remainder, and the sum of these. */
  readonly #remainders = new Sum();
  readonly #dropped = new Sum();
  readonly #droppedBy = new Map<DropCause, Sum>();
  #reported = { exported: 0, dropped: 0 };
  readonly #reasons = new Set<string>();
  /** Causes, and kinds of what was cut, of which a warning was logged. */
  readonly #logged = new Set<string>();

  constructor(component: string) {
    this.#component = component;
  }

  /** Points were handed in. */
  receive(points: number, amount: number): void {
    this.#received.add(points, amount);
    this.#pending.add(points, amount);
  }

  /** Points are exported. */
  export(points: number, amount: number): void {
    this.#pending.subtract(points, amount);
    this.#exported.add(points, amount);
  }

  /** The remainder of a series changed, and the amount of its points in return. 0 is none. */
  carry(before: number, after: number): void {
    if (before !== 0) this.#remainders.subtract(1, before);
    if (after !== 0) this.#remainders.add(1, after);
    this.#pending.subtract(0, after - before);
  }

  /** Remainders of series are dropped. */
  dropRemainders({ points: series, amount }: Tally, reason: string, isFault = true): void {
    this.#remainders.subtract(series, amount);
    if (isFault) this.note(reason);
    this.#drop('rounded', 0, amount, `the remainders of ${series} series`, reason, isFault);
  }

  /** All remainders are dropped. That is the end of what was asked for, so nobody is warned. */
  dropAllRemainders(reason: string): void {
    const all = this.#remainders.tally();
    if (all.points > 0) this.dropRemainders(all, reason, false);
  }

  /** Takes down why something is not exported, or not yet, for the next report. */
  note(reason: string): void {
    if (this.#reasons.size < MAX_REASONS) this.#reasons.add(reason);
  }

  /**
   * Points are dropped.
   *
   * @param what names them, for people
   * @param isOutage whether `Outage` logs it
   */
  drop(
    cause: DropCause,
    points: number,
    amount: number,
    what: string,
    reason: string,
    isOutage = OUTAGES.has(cause),
  ): void {
    this.#pending.subtract(points, amount);
    this.note(reason);
    this.#drop(cause, points, amount, what, reason, !isOutage);
  }

  #drop(
    cause: DropCause,
    points: number,
    amount: number,
    what: string,
    reason: string,
    isWarned: boolean,
  ): void {
    const byCause = this.#droppedBy.get(cause) ?? new Sum();
    this.#droppedBy.set(cause, byCause);
    this.#dropped.add(points, amount);
    byCause.add(points, amount);
    const message = `${this.#component}: dropped ${what} (${cause}): ${reason}`;
    if (isWarned) this.#logFirst(cause, message, 'Logged once; stats() counts further ones.');
    else log('debug', message);
  }

  /** A part of something is left out, and the rest goes on. @param kind what is logged once @param what names it, for people */
  cut(kind: string, what: string, reason: string): void {
    const message = `${this.#component}: shortened ${what}: ${reason}`;
    this.#logFirst(`cut: ${kind}`, message, 'Logged once, further ones at debug level.');
  }

  /** Logs the first message of its kind as a warning. */
  #logFirst(kind: string, message: string, note: string): void {
    if (this.#logged.has(kind)) return log('debug', message);
    this.#logged.add(kind);
    log('warn', `${message}. ${note}`);
  }

  /** Where everything has gone since the start. */
  account(): Account {
    const { points, amount } = this.#pending;
    return {
      received: this.#received.tally(),
      exported: this.#exported.tally(),
      pending: { points, amount: amount + this.#remainders.amount },
      dropped: this.#dropped.tally(),
      droppedBy: Object.fromEntries([...this.#droppedBy].map(([cause, sum]) => [cause, sum.tally()])),
    };
  }

  /** Points exported and dropped, and the reasons for drops, since the last report. */
  report(): FlushReport {
    const last = this.#reported;
    this.#reported = { exported: this.#exported.points, dropped: this.#dropped.points };
    const errors = [...this.#reasons].map((reason) => new ReportedError(`${this.#component}: ${reason}`));
    this.#reasons.clear();
    return {
      exported: this.#reported.exported - last.exported,
      pending: this.#pending.points,
      dropped: this.#reported.dropped - last.dropped,
      errors,
    };
  }
}

/** A tally that changes. */
class Sum implements Tally {
  points = 0;
  amount = 0;

  add(points: number, amount: number): void {
    this.points += points;
    this.amount += amount;
  }

  subtract(points: number, amount: number): void {
    this.points -= points;
    // Fractions that were added and subtracted in different orders leave a rounding error.
    this.amount = this.points === 0 ? 0 : this.amount - amount;
  }

  tally(): Tally {
    return { points: this.points, amount: this.amount };
  }
}

/** Causes that lie at the server or on the way there. They come and go, and `Outage` logs when. */
export const OUTAGES: ReadonlySet<DropCause> = new Set(['notAccepted', 'unknown', 'timeout']);
