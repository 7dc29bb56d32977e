import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Health } from '../accounts/health.ts';
import type { ExporterStats, FlushReport, Refusal } from '../accounts/ledger.ts';
import type { Failure } from '../series/item.ts';
import { receive, type Received } from '../series/received.ts';
import { settledWithin, systemClock, wait, type Clock } from '../support/clock.ts';
import { log } from '../support/log.ts';
import { reasonOf } from '../support/reason-of.ts';
import { selectAggregation, selectAggregationTemporality } from '../support/temporality.ts';
import { untraced } from '../support/untraced.ts';
import type { Route } from '../transports/transport.ts';
import type { BatchResult } from './batch-run.ts';
import type { DeliveryOptions } from './delivery-options.ts';
import { PendingEvent } from './event-queue.ts';
import { ExportQueue, type ExportJob } from './export-queue.ts';
import { callBack, failed, type ExportResult } from './export-result.ts';
import { Pipeline } from './pipeline.ts';
import { RetrySchedule } from './retry-schedule.ts';
import type { Deadline } from './sender.ts';
import { isOutage, Settlement } from './settlement.ts';

/** How long `shutdown` waits, past its deadline, for what is being sent to end. */
const GRACE_MILLIS = 1000;

/** How long a `shutdown` without a deadline goes on trying after its first attempt, all attempts together. */
const LAST_ATTEMPTS_MILLIS = 2000;

const SERVER_ASKED_TO_WAIT: Failure = {
  type: 'not-accepted',
  reason: 'the server asked to wait before the next request',
};

/** What the end of a batch says about the next one. */
interface BatchEnd {
  /** Whether nobody took what was sent. */
  readonly isBlocked: boolean;
  /** How long points have to wait for the clock that wait for nothing else. */
  readonly clockWaitMillis: number;
}

/** An event, or something else that is no metric. */
export interface EventText {
  /** What is sent of the event. */
  readonly text: string;
  /**
   * For people, in messages.
   *
   * @default what kind of thing it is
   */
  readonly name?: string | undefined;
  /**
   * What was cut off because it was too long, as the end of a sentence about the event. It is logged.
   *
   * @default nothing
   */
  readonly cut?: string | undefined;
}

/**
 * A push exporter but for its protocol: takes points, merges those that are equal on the wire, and sends them as
 * payloads, in slices, within a deadline. Exports never overlap: what is handed in while one is being sent is merged
 * and sent next. What the server didn't take is kept, merged with later points, and sent again. Nothing is ever thrown
 * out of it, and every `export` is answered exactly once.
 */
export class Delivery implements PushMetricExporter {
  readonly #options: DeliveryOptions & { readonly clock: Clock };
  readonly #exports = new ExportQueue();
  readonly #settlement: Settlement;
  readonly #pipeline: Pipeline;
  readonly #retries: RetrySchedule;
  #working: Promise<void> | undefined;
  /** How many callers wait for the end of what is being sent. */
  #waiting = 0;
  /** `closing`: takes nothing more. `closed`: sends nothing more. */
  #state: 'open' | 'closing' | 'closed' = 'open';
  #closing: Promise<void> | undefined;

  constructor(options: DeliveryOptions) {
    const { clock = systemClock } = options;
    this.#options = { ...options, clock };
    this.#settlement = new Settlement(options);
    this.#pipeline = new Pipeline(options, this.#settlement, clock);
    this.#retries = new RetrySchedule(clock);
  }

  /** The temporality that the reader asks for: delta, and cumulative for the up-down kinds. */
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  /** The aggregation that the reader asks for: exponential histograms for histogram instruments. */
  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /**
   * Sends the points. The result is `FAILED` when some of them could not be delivered, or when none could be sent at
   * all; what the server didn't take is kept and sent again all the same. Points that no export could ever bring over
   * (not finite, cumulative, …) are counted and don't fail the others.
   */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    void callBack(this.#options.component, this.#export(metrics), resultCallback);
  }

  /**
   * Waits for the exports under way, and tries once more to send what was kept, within the deadline. Always resolves: the
   * truth is in `flush` and `stats`.
   */
  async forceFlush(): Promise<void> {
    await this.#idle(this.#options.timeoutMillis);
  }

  /**
   * Does what `forceFlush` does, and says what became of everything. It does not collect: `forceFlush` of the
   * `MeterProvider` or of the reader does.
   *
   * @param options `timeoutMillis`: how long to wait; by default as long as the exporter's option of that name says
   * @example
   * await meterProvider.forceFlush();
   * const { pending, dropped, errors } = await exporter.flush({ timeoutMillis: 2_000 });
   */
  async flush(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<FlushReport> {
    await this.#idle(options.timeoutMillis ?? this.#options.timeoutMillis);
    return this.#settlement.report();
  }

  /**
   * Sends what it can within the deadline, ends what is still being sent, and frees the socket. While the server takes
   * nothing, it tries again as long as there is time, and waits as long as the server asks for. Always resolves. Of
   * several calls, the one with the least patience holds.
   *
   * @param options `timeoutMillis`: how long it may take. By default the first attempt may take as long as the exporter's
   *   option of that name says, and further ones begin and end within the first 2 seconds.
   */
  async shutdown(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<void> {
    if (this.#closing === undefined) {
      this.#state = 'closing';
      this.#setWaiting(1);
      const isIdle = await this.#sendRest(options.timeoutMillis);
      this.#setWaiting(-1);
      this.#closing ??= this.#close(isIdle);
    }
    return this.#closing;
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  stats(): ExporterStats {
    return this.#settlement.stats();
  }

  /** Whether the server takes what it gets. */
  health(): Health {
    return this.#settlement.health;
  }

  /**
   * Sends a text that is no metric (an event, a check) soon, in a payload with others of its route. Never throws.
   *
   * @param kind for people, for example `an event`
   * @param format makes the text at once. What it throws is counted and logged
   */
  protected post(kind: string, route: Route, format: () => EventText): void {
    if (this.#state !== 'open') {
      this.#settlement.refuseEvent(kind, 'shutdown');
      return;
    }
    let event: PendingEvent;
    try {
      const { text, name = kind, cut } = format();
      event = new PendingEvent(text, route, name);
      if (cut !== undefined) this.#settlement.cutEvent(kind, name, cut);
    } catch (error) {
      this.#settlement.refuseEvent(kind, 'notRepresentable', reasonOf(error));
      return;
    }
    // During an outage, the next attempt takes it along: trying at every event would make the backoff worthless.
    const isUrgent = !this.#retries.isRetryPlanned;
    this.#settlement.receiveEvent(event, isUrgent);
    if (isUrgent) void this.#work();
  }

  /** Opens sockets ahead of the first export. Never throws: a failure shows at the first export. */
  protected openSockets(): void {
    if (this.#state === 'open') untraced(() => this.#pipeline.open());
  }

  /**
   * Sends what is there within the turn, as far as the transports can: the points, and everything that is pending. What is
   * on its way already is not sent again. Never throws.
   *
   * @param timeoutMillis how long it may block the thread
   */
  protected sendSync(metrics: ResourceMetrics | undefined, timeoutMillis: number): FlushReport {
    const deadline = {
      atMillis: this.#options.clock.now() + timeoutMillis,
      late: noTimeLeft(timeoutMillis),
    };
    try {
      const received = metrics && receive(metrics);
      if (this.#state === 'closed') {
        if (received) this.#settlement.receiveTooLate(received);
      } else {
        // Its answer is the report.
        if (received) void this.#accept(received);
        untraced(() => this.#sendAllSync(deadline));
      }
    } catch (error) {
      this.#breakOff([], error);
    }
    return this.#settlement.report();
  }

  /** Takes points to be sent. Resolves with the answer of their export. */
  #accept(received: Received): Promise<ExportResult> {
    this.#settlement.receive(received);
    return this.#exports.add(received);
  }

  /** Never rejects. */
  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    try {
      const received = receive(metrics);
      if (this.#state !== 'open') return this.#settlement.receiveTooLate(received);
      const answer = this.#accept(received);
      void this.#work();
      return await answer;
    } catch (error) {
      return failed(this.#options.component, reasonOf(error));
    }
  }

  /** Whether everything was through in time. */
  async #idle(timeoutMillis: number): Promise<boolean> {
    this.#setWaiting(1);
    const isIdle = await settledWithin(this.#options.clock, timeoutMillis, this.#work());
    this.#setWaiting(-1);
    return isIdle;
  }

  #setWaiting(change: 1 | -1): void {
    this.#waiting += change;
    if (this.#state !== 'open') this.#pipeline.setUrgency('shutdown');
    else this.#pipeline.setUrgency(this.#waiting > 0 ? 'flush' : 'export');
  }

  /** Tries to send what is there, again and again within the time. @returns whether nothing is being sent any more */
  async #sendRest(timeoutMillis: number | undefined): Promise<boolean> {
    const { clock } = this.#options;
    const end = clock.now() + (timeoutMillis ?? LAST_ATTEMPTS_MILLIS);
    const waits = this.#retries.lastWaits();
    let isIdle = await this.#idle(timeoutMillis ?? this.#options.timeoutMillis);
    while (isIdle && this.#hasWork && this.#closing === undefined) {
      const millis = waits.next().value;
      if (clock.now() + millis >= end) break;
      await wait(clock, millis, true);
      // On a busy machine the wait may have taken longer.
      const left = end - clock.now();
      if (left <= 0) break;
      if (this.#closing === undefined) isIdle = await this.#idle(left);
    }
    return isIdle;
  }

  async #close(isIdle: boolean): Promise<void> {
    const { clock } = this.#options;
    this.#state = 'closed';
    this.#retries.cancel();
    if (!isIdle) {
      this.#pipeline.abort();
      await settledWithin(clock, GRACE_MILLIS, Promise.resolve(this.#working));
    }
    await this.#pipeline.close();
  }

  /** Sends until there is nothing new. Never rejects. */
  #work(isRetry = false): Promise<void> {
    this.#working ??= untraced(() => this.#sendAll(isRetry));
    return this.#working;
  }

  async #sendAll(isRetry: boolean): Promise<void> {
    this.#retries.cancel();
    // What is handed in during the same turn goes together.
    await Promise.resolve();
    let isBlocked = false;
    let clockWaitMillis = Infinity;
    do {
      const jobs = this.#exports.take();
      if (jobs.length > 0 || this.#hasWork) {
        // oxlint-disable-next-line no-await-in-loop -- exports never overlap
        ({ isBlocked, clockWaitMillis } = await this.#sendBatch(jobs, isRetry));
      }
      // Events alone are no reason to try again at once.
    } while (!this.#exports.isEmpty || (this.#settlement.hasNewEvents && !isBlocked));
    if (this.#hasWork && this.#state !== 'closed') this.#planNext(clockWaitMillis);
    this.#working = undefined;
  }

  #sendAllSync(deadline: Deadline): void {
    this.#pipeline.finishSync(deadline);
    const jobs = this.#exports.take();
    if (jobs.length === 0 && !this.#hasWork) return;
    const { clockWaitMillis } = this.#settlement.meanwhile(() => this.#sendBatchSync(jobs, deadline));
    // If the process lives on. What is being sent sees to that by itself.
    if (this.#working !== undefined) return;
    this.#retries.cancel();
    if (this.#hasWork) this.#planNext(clockWaitMillis);
  }

  get #hasWork(): boolean {
    return this.#settlement.hasWaiting || this.#pipeline.holdsPayloads;
  }

  #planNext(clockWaitMillis: number): void {
    if (clockWaitMillis < Infinity) {
      this.#retries.plan(clockWaitMillis, () => void this.#work());
    } else {
      this.#settlement.keepNewEvents();
      this.#retries.planRetry(() => void this.#work(true));
    }
  }

  /** Sends the points of some exports, and everything that waits. Answers the exports. Never rejects. */
  async #sendBatch(jobs: readonly ExportJob[], isRetry: boolean): Promise<BatchEnd> {
    try {
      const stop = this.#retries.mustWait ? SERVER_ASKED_TO_WAIT : undefined;
      const result = await this.#pipeline.send(receivedBy(jobs), stop);
      return this.#endBatch(jobs, result, isRetry && result.failure !== stop);
    } catch (error) {
      return this.#breakOff(jobs, error);
    }
  }

  /** The same within the turn. Never throws. */
  #sendBatchSync(jobs: readonly ExportJob[], deadline: Deadline): BatchEnd {
    try {
      return this.#endBatch(jobs, this.#pipeline.sendSync(receivedBy(jobs), deadline), false);
    } catch (error) {
      return this.#breakOff(jobs, error);
    }
  }

  #endBatch(jobs: readonly ExportJob[], result: BatchResult, isRetry: boolean): BatchEnd {
    const isBlocked = isOutage(result.failure);
    this.#retries.attempted({ ...result, isBlocked, isRetry });
    const { answer, clockWaitMillis } = this.#settlement.endBatch(this.#options.clock.now(), result);
    for (const job of jobs) job.answer(answer);
    return { isBlocked, clockWaitMillis };
  }

  /** A fault of ours, or data that changes while it is read. It must end neither the process nor the exporter. */
  #breakOff(jobs: readonly ExportJob[], error: unknown): BatchEnd {
    const { component } = this.#options;
    const reason = `an export broke off: ${reasonOf(error)}`;
    log('error', `${component}: ${reason}`);
    for (const job of jobs) job.answer(failed(component, reason));
    return { isBlocked: false, clockWaitMillis: Infinity };
  }
}

function receivedBy(jobs: readonly ExportJob[]): readonly Received[] {
  return jobs.map(({ received }) => received);
}

function noTimeLeft(timeoutMillis: number): Refusal {
  return {
    refused: 'timeout',
    reason: `it could not be sent within the ${timeoutMillis} ms of \`flushSync\``,
  };
}
