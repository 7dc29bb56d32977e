import { log } from '../support/log.ts';
import { visible } from '../support/visible.ts';

/** A number of points, and the sum of the increases that those of them carry that are sums. */
export interface Tally {
  readonly points: number;
  readonly amount: number;
}

/**
 * Why points were dropped:
 * - `cumulative`, `notFinite`: handed in by the reader, but nothing that can be exported;
 * - `notRepresentable`: the protocol has no way to say it;
 * - `oversize`: a line longer than a payload may be;
 * - `notAccepted`: not taken by the server, the kernel or the network;
 * - `unknown`: sent, and nobody knows whether it arrived;
 * - `refused`: the server, or the kernel, will never take it;
 * - `timeout`: sent in part when the time was up, so that it can't be sent again;
 * - `overflow`: kept for later until there was no room for more;
 * - `expired`: older than the server takes;
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
  | 'shutdown'
  | 'error';

/** A point that is not exported, and why: a sentence for people, with the remedy. */
export interface Refusal {
  readonly refused: DropCause;
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

/** Where things have gone. */
export interface Account {
  /** What was handed in. */
  readonly received: Tally;
  /** What was handed to the kernel or taken by the server, and points that have nothing to say (increases of zero). */
  readonly exported: Tally;
  /** What is on its way, or kept to be sent with what comes later. */
  readonly pending: Tally;
  /** What is lost. */
  readonly dropped: Tally;
  /** The same, by cause; causes that never occurred are missing. */
  readonly droppedBy: Readonly<Partial<Record<DropCause, Tally>>>;
}

/** What `flush` found out, in points and events. All but `pending` count from the previous report, or from the start. */
export interface FlushReport {
  /** Handed to the kernel or taken by the server. */
  readonly exported: number;
  /** On their way when the time was up, or kept because the server didn't take them. */
  readonly pending: number;
  /** Lost. */
  readonly dropped: number;
  /** Why, at most ten different reasons. */
  readonly errors: readonly Error[];
}

/** What two reports say together. */
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

/** Counts points from `receive` to `export` or `drop`, and says drops: the first of each cause as a warning. */
export class Ledger {
  readonly #component: string;
  readonly #received = new Sum();
  readonly #exported = new Sum();
  readonly #pending = new Sum();
  readonly #dropped = new Sum();
  readonly #droppedBy = new Map<DropCause, Sum>();
  #reported = { exported: 0, dropped: 0 };
  readonly #reasons = new Set<string>();

  constructor(component: string) {
    this.#component = component;
  }

  receive(points: number, amount: number): void {
    this.#received.add(points, amount);
    this.#pending.add(points, amount);
  }

  export(points: number, amount: number): void {
    this.#pending.subtract(points, amount);
    this.#exported.add(points, amount);
  }

  /** Something is not exported, or not yet, for this reason. */
  note(reason: string): void {
    if (this.#reasons.size < MAX_REASONS) this.#reasons.add(reason);
  }

  /** @param what names what was dropped, for people */
  drop(cause: DropCause, points: number, amount: number, what: string, reason: string): void {
    const known = this.#droppedBy.get(cause);
    const byCause = known ?? new Sum();
    this.#droppedBy.set(cause, byCause);
    this.#pending.subtract(points, amount);
    this.#dropped.add(points, amount);
    byCause.add(points, amount);
    this.note(reason);
    const message = `${this.#component}: dropped ${what} (${cause}): ${reason}`;
    if (!known && !OUTAGES.has(cause)) log('warn', `${message}. Logged once; stats() counts further ones.`);
    else log('debug', message);
  }

  account(): Account {
    return {
      received: this.#received.tally(),
      exported: this.#exported.tally(),
      pending: this.#pending.tally(),
      dropped: this.#dropped.tally(),
      droppedBy: Object.fromEntries([...this.#droppedBy].map(([cause, sum]) => [cause, sum.tally()])),
    };
  }

  /** Points exported and dropped, and the reasons for drops, since the last report. */
  report(): FlushReport {
    const last = this.#reported;
    this.#reported = { exported: this.#exported.points, dropped: this.#dropped.points };
    const errors = [...this.#reasons].map((reason) => new Error(visible(`${this.#component}: ${reason}`)));
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
    // What is left of fractions that were added and taken away in another order is noise.
    this.amount = this.points === 0 ? 0 : this.amount - amount;
  }

  tally(): Tally {
    return { points: this.points, amount: this.amount };
  }
}

/** Causes that lie at the other end or on the way there. They come and go, and `Outage` says when. */
export const OUTAGES: ReadonlySet<DropCause> = new Set(['notAccepted', 'unknown', 'timeout']);
