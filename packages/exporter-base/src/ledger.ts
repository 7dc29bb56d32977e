import { say } from './say.ts';

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
 * - `timeout`: not sent before the deadline;
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
export interface ExporterStats {
  /** What `export` was handed. */
  readonly received: Tally;
  /** What was handed to the kernel or taken by the server, and points that have nothing to say (increases of zero). */
  readonly exported: Tally;
  /** What is on its way. */
  readonly pending: Tally;
  /** What is lost. */
  readonly dropped: Tally;
  /** The same, by cause; causes that never occurred are missing. */
  readonly droppedBy: Readonly<Partial<Record<DropCause, Tally>>>;
}

/** What `flush` found out. All but `pending` count from the previous report, or from the start. */
export interface FlushReport {
  /** Points handed to the kernel or taken by the server. */
  readonly exported: number;
  /** Points still on their way when the time was up. */
  readonly pending: number;
  /** Points lost. */
  readonly dropped: number;
  /** Why, at most ten different reasons. */
  readonly errors: readonly Error[];
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

  receive(tally: Tally): void {
    this.#received.add(tally);
    this.#pending.add(tally);
  }

  export(tally: Tally): void {
    this.#pending.subtract(tally);
    this.#exported.add(tally);
  }

  /** @param what names what was dropped, for people */
  drop(cause: DropCause, tally: Tally, what: string, reason: string): void {
    const known = this.#droppedBy.get(cause);
    const byCause = known ?? new Sum();
    this.#droppedBy.set(cause, byCause);
    this.#pending.subtract(tally);
    this.#dropped.add(tally);
    byCause.add(tally);
    if (this.#reasons.size < MAX_REASONS) this.#reasons.add(reason);
    const message = `${this.#component}: dropped ${what} (${cause}): ${reason}`;
    if (!known && !OUTAGES.has(cause)) say('warn', `${message}. Said once; stats() counts further ones.`);
    else say('debug', message);
  }

  stats(): ExporterStats {
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
    const errors = [...this.#reasons].map((reason) => new Error(`${this.#component}: ${reason}`));
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

  add({ points, amount }: Tally): void {
    this.points += points;
    this.amount += amount;
  }

  subtract({ points, amount }: Tally): void {
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

/** Says that sending fails, once, and that it works again, once. */
export class Outage {
  readonly #component: string;
  readonly #destination: string;
  readonly #remedy: string;
  #sinceMillis: number | undefined;
  #points = 0;

  constructor(component: string, destination: string, remedy: string) {
    this.#component = component;
    this.#destination = destination;
    this.#remedy = remedy;
  }

  /** An export failed, and so many points were dropped. */
  failed(nowMillis: number, reason: string, points: number): void {
    this.#points += points;
    if (this.#sinceMillis !== undefined) return;
    this.#sinceMillis = nowMillis;
    say(
      'warn',
      `${this.#component}: can't deliver to ${this.#destination}: ${reason}. Dropped ${points} points so far. ` +
        `${this.#remedy} Said once, and again when it works.`,
    );
  }

  /** An export went through. */
  worked(nowMillis: number): void {
    if (this.#sinceMillis === undefined) return;
    const seconds = ((nowMillis - this.#sinceMillis) / 1000).toFixed(1);
    say(
      'warn',
      `${this.#component}: delivering to ${this.#destination} again after ${seconds} s; ` +
        `dropped ${this.#points} points meanwhile.`,
    );
    this.#sinceMillis = undefined;
    this.#points = 0;
  }
}
