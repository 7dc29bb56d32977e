import {
  Ledger,
  mergeReports,
  OUTAGES,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type Refusal,
  type Tally,
} from '../accounts/ledger.ts';
import type { Health } from '../accounts/health.ts';
import { Outage, type OutageOptions } from '../accounts/outage.ts';
import type { Failure } from '../series/item.ts';
import { PendingSeries } from '../series/pending-series.ts';
import type { PointsWithoutSeries } from '../series/series-merger.ts';
import { Backlog } from './backlog.ts';
import { EventQueue, PendingEvent } from './event-queue.ts';
import { failed, SUCCESS, type ExportResult } from './export-result.ts';
import type { Rounding } from './remainders.ts';
import type { BatchResult } from './batch-run.ts';
import { isTooEarly, type TooEarly } from './series-formatter.ts';

export type PendingItem = PendingSeries | PendingEvent;

/** What became of the points and events of one batch. */
interface BatchReport {
  /** How many points the exports of the batch brought. */
  readonly points: number;
  /** Points that had been kept before, and are delivered now. */
  latePoints: number;
  droppedPoints: number;
  refusedPoints: number;
  refusal: string | undefined;
  /** Why something was not delivered. */
  failure: string | undefined;
  /** How long series whose points wait for the clock have to wait, the shortest first. */
  clockWaitMillis: number;
}

function newReport(points = 0): BatchReport {
  return {
    points,
    latePoints: 0,
    droppedPoints: 0,
    refusedPoints: 0,
    refusal: undefined,
    failure: undefined,
    clockWaitMillis: Infinity,
  };
}

const SHUT_DOWN = 'the exporter has been shut down';

/** Why what is left is not sent after a shutdown. */
export const CLOSED: Refusal = {
  refused: 'shutdown',
  reason: 'the exporter was shut down before it was sent',
};

const OVERFLOW: Refusal = { refused: 'overflow', reason: 'too much waits to be sent again' };

/**
 * Decides what becomes of each point and event, and counts it: exported, kept to be sent again, or dropped with its cause.
 * What is kept waits here.
 */
export class Settlement {
  readonly #component: string;
  readonly #points: Ledger;
  readonly #events: Ledger;
  readonly #outage: Outage;
  readonly #backlog = new Backlog();
  readonly #eventQueue = new EventQueue();
  #report = newReport();
  /** How many batches were begun. */
  #batches = 0;
  /** Keeps nothing more. */
  #isClosed = false;

  constructor(options: OutageOptions) {
    this.#component = options.component;
    this.#points = new Ledger(options.component);
    this.#events = new Ledger(options.component);
    this.#outage = new Outage(options);
  }

  stats(): ExporterStats {
    return { ...this.#points.account(), events: this.#events.account() };
  }

  get health(): Health {
    return this.#outage.health;
  }

  /** What happened since the last report. */
  report(): FlushReport {
    return mergeReports(this.#points.report(), this.#events.report());
  }

  /** Points were handed in. */
  receive({ points, amount }: Tally): void {
    this.#points.receive(points, amount);
  }

  /** Points were handed in after the shutdown. */
  receiveTooLate(tally: Tally): ExportResult {
    this.receive(tally);
    this.#points.drop('shutdown', tally.points, tally.amount, `${tally.points} points`, SHUT_DOWN);
    return failed(this.#component, SHUT_DOWN);
  }

  /** Takes an event. @param isUrgent whether it is to be sent at once */
  receiveEvent(event: PendingEvent, isUrgent: boolean): void {
    this.#events.receive(1, 0);
    const overflowing = this.#eventQueue.add(event, isUrgent);
    if (overflowing !== undefined) this.#drop(overflowing, OVERFLOW);
  }

  /** An event was handed in that can't be sent. @param kind for people */
  refuseEvent(kind: string, cause: 'notRepresentable' | 'shutdown', reason = SHUT_DOWN): void {
    this.#events.receive(1, 0);
    this.#events.drop(cause, 1, 0, kind, reason);
  }

  /** A part of an event is not sent. @param name for people */
  cutEvent(kind: string, name: string, reason: string): void {
    this.#events.cut(kind, name, reason);
  }

  /** Whether something waits to be sent. */
  get hasWaiting(): boolean {
    return this.#eventQueue.waiting > 0 || this.#backlog.size > 0;
  }

  /** Whether there are events that should be sent at once. */
  get hasNewEvents(): boolean {
    return this.#eventQueue.hasNew;
  }

  /** How much memory the series take that wait, as far as it can be told. */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** Events that were to be sent at once wait for the next attempt. */
  keepNewEvents(): void {
    this.#eventQueue.keepNew();
  }

  /**
   * Begins a batch.
   *
   * @param points how many points its exports bring
   * @returns all that waits; it has to come back through `settle`
   */
  beginBatch(points: number): {
    readonly series: readonly PendingSeries[];
    readonly events: readonly PendingEvent[];
  } {
    this.#report = newReport(points);
    this.#batches += 1;
    return { series: this.#backlog.take(), events: this.#eventQueue.take() };
  }

  /** Counts points of which no series was made. */
  count({ points, amount, metric, refusal }: PointsWithoutSeries): void {
    if (refusal === undefined) {
      this.#points.export(points, amount);
      return;
    }
    this.#report.refusedPoints += points;
    this.#report.refusal = refusal.reason;
    const which = points === 1 ? `a point of ${metric}` : `${points} points of ${metric}`;
    this.#points.drop(refusal.refused, points, amount, which, refusal.reason);
  }

  /** The increase of a series was made whole. */
  carry({ before, after, forgotten }: Rounding): void {
    this.#points.carry(before, after);
    if (forgotten) this.#points.dropRemainders(forgotten, forgotten.reason);
  }

  /** The one place where it is decided what becomes of items that a sender gives back. */
  settle(items: readonly PendingItem[]): void {
    for (const item of items) {
      const { failure } = item;
      if (failure !== undefined && !item.isPartlySent && !this.#isClosed && canBeSentLater(failure)) {
        this.#keep(item, failure);
        continue;
      }
      if (item instanceof PendingEvent) this.#eventQueue.settle();
      if (failure === undefined) this.#export(item);
      else this.#drop(item, failure);
    }
  }

  /** Drops what is too much to wait. */
  dropOverflow(): void {
    for (const series of this.#backlog.takeOverflow()) this.#drop(series, OVERFLOW);
  }

  /**
   * Ends a batch.
   *
   * @returns how its exports are answered, and how long points wait for the clock that wait for nothing else
   */
  endBatch(
    nowMillis: number,
    { failure, hasDelivered }: BatchResult,
  ): { readonly answer: ExportResult; readonly clockWaitMillis: number } {
    const report = this.#report;
    this.#outage.sent(nowMillis, {
      failure: isOutage(failure) ? failure.reason : undefined,
      hasDelivered,
      dropped: report.droppedPoints,
      late: report.latePoints,
      kept: this.#backlog.points,
    });
    if (failure !== undefined) report.failure ??= failure.reason;
    return {
      answer: this.#answerOf(report),
      // What waits for the clock goes along when the rest is tried again.
      clockWaitMillis: failure === undefined ? report.clockWaitMillis : Infinity,
    };
  }

  /** Begins and ends a batch while another one is being sent, and then goes on with that one. */
  meanwhile<Result>(sendBatch: () => Result): Result {
    const report = this.#report;
    try {
      return sendBatch();
    } finally {
      this.#report = report;
    }
  }

  /** Drops all that waits, and keeps nothing more. */
  close(): void {
    this.#isClosed = true;
    const { series, events } = this.beginBatch(0);
    for (const item of [...series, ...events]) item.failure = CLOSED;
    this.settle(series);
    this.settle(events);
    this.#points.dropAllRemainders(CLOSED.reason);
  }

  #answerOf({ points, failure, refusal, refusedPoints }: BatchReport): ExportResult {
    if (failure !== undefined) return failed(this.#component, failure);
    // Points that no export could bring over fail an export only when there was nothing else.
    return refusal !== undefined && refusedPoints === points
      ? failed(this.#component, refusal)
      : { code: SUCCESS };
  }

  #export(item: PendingItem): void {
    if (item instanceof PendingSeries && item.keptSince > 0) this.#report.latePoints += item.points;
    this.#ledgerOf(item).export(item.points, item.amount);
  }

  #keep(item: PendingItem, failure: Failure | TooEarly): void {
    item.failure = undefined;
    if (isTooEarly(failure)) {
      this.#report.clockWaitMillis = Math.min(this.#report.clockWaitMillis, failure.waitMillis);
    } else {
      this.#ledgerOf(item).note(failure.reason);
    }
    if (item instanceof PendingEvent) {
      this.#eventQueue.keepAgain(item);
      return;
    }
    item.keptSince ||= this.#batches;
    item.entry.waiting = item;
    this.#backlog.add(item);
  }

  #drop(item: PendingItem, failure: Failure): void {
    const cause = causeOf(failure);
    let what = item.name;
    if (item instanceof PendingSeries) {
      what = `${item.points} points of ${item.name}`;
      if (item.entry.waiting === item) item.entry.waiting = undefined;
      this.#report.droppedPoints += item.points;
      if (cause !== 'oversize') this.#report.failure ??= failure.reason;
    }
    this.#ledgerOf(item).drop(cause, item.points, item.amount, what, failure.reason, isOutage(failure));
  }

  #ledgerOf(item: PendingItem): Ledger {
    return item instanceof PendingSeries ? this.#points : this.#events;
  }
}

/** Whether the failure lies at the server or on the way there: it may be over soon. */
export function isOutage(failure: Failure | undefined): failure is Failure {
  if (failure === undefined) return false;
  return OUTAGES.has(causeOf(failure)) || ('isOutage' in failure && failure.isOutage === true);
}

function canBeSentLater(failure: Failure | TooEarly): boolean {
  if (isTooEarly(failure)) return true;
  return 'refused' in failure ? failure.refused === 'timeout' : failure.type === 'not-accepted';
}

function causeOf(failure: Failure): DropCause {
  if ('refused' in failure) return failure.refused;
  switch (failure.type) {
    case 'not-accepted':
      return 'notAccepted';
    case 'too-large':
      return 'oversize';
    default:
      return failure.type;
  }
}
