import type { Attributes } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { PointsWithoutSeries } from '../series/series-merger.ts';
import { settledWithin, systemClock, type Clock } from '../support/clock.ts';
import { callBack, failed, SUCCESS, type ExportResult } from './export-result.ts';
import { HealthRecord, type Health } from '../accounts/health.ts';
import {
  EMPTY_ACCOUNT,
  Ledger,
  type ExporterStats,
  type DropCause,
  type FlushReport,
  type Refusal,
  type Tally,
} from '../accounts/ledger.ts';
import { receive, type Received } from '../series/received.ts';
import { SeriesReader } from '../series/series-reader.ts';
import type { Series, Translate } from '../series/series.ts';
import { selectAggregation, selectAggregationTemporality } from '../support/temporality.ts';
import { reasonOf } from '../support/reason-of.ts';

/** What one exporter brings along. */
export interface LocalDeliveryOptions {
  /** The exporter's class name: messages start with it. */
  readonly component: string;
  /** How the metrics of one resource are called. Pure. */
  readonly translator: (resource: Attributes) => Translate;
  /** How many milliseconds `flush` waits when its caller doesn't say. */
  readonly timeoutMillis: number;
  /**
   * Measures time and waits, in milliseconds; for tests.
   *
   * @default the machine's own
   */
  readonly clock?: Clock | undefined;
}

/** Counts what became of series. */
export interface SeriesAccount {
  /** The series is delivered. */
  taken(series: Series): void;
  /** The series can't be delivered. @param what names it, for people */
  refused(series: Series, what: string, refusal: Refusal): void;
}

/**
 * How long `forceFlush` waits, and `shutdown` when its caller doesn't say. A reader's shutdown calls both without a deadline,
 * and a program that ends should not wait longer than two seconds.
 */
const PATIENCE_MILLIS = 1_900;

/** A shutdown that comes so soon after a `forceFlush` is the next step of a reader's shutdown. */
const SAME_SHUTDOWN_MILLIS = 100;

const SHUT_DOWN = 'the exporter has been shut down';
const TOO_LATE = 'the time for the shutdown was up before they were delivered';

/**
 * A push exporter that delivers inside the process, where nothing has to be sent again: {@link Delivery} without a server.
 * Exports don't overlap, nothing is thrown out of it, and every `export` is answered once.
 */
export abstract class LocalDelivery implements PushMetricExporter {
  readonly #options: LocalDeliveryOptions;
  readonly #reader: SeriesReader;
  readonly #ledger: Ledger;
  readonly #health = new HealthRecord();
  /** Ends when everything that was handed in is delivered. */
  #last: Promise<unknown> = Promise.resolve();
  /** Answers the exports under way. */
  readonly #answers = new Set<(result: ExportResult) => void>();
  /** When the last `forceFlush` began and ended. */
  #flushed = { start: -Infinity, end: -Infinity };
  readonly #clock: Clock;
  /** Takes nothing more. */
  #isShutDown = false;
  /** Delivers nothing more. */
  #isClosed = false;
  /** Resolves then. */
  readonly #closed: Promise<void>;
  #tellClosed = (): void => undefined;

  constructor(options: LocalDeliveryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#reader = new SeriesReader(options.component, options.translator);
    this.#ledger = new Ledger(options.component);
  }

  /** The temporality that the reader asks for: delta, and cumulative for the up-down kinds. */
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  /** The aggregation that the reader asks for: exponential histograms for histogram instruments. */
  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /** Delivers the points. The result is `FAILED` when a delivery failed, when no point could be delivered, and after a shutdown. */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const job = new Promise<ExportResult>((answer) => {
      this.#answers.add(answer);
      void this.#export(metrics)
        .catch((error: unknown) => this.#failed(reasonOf(error)))
        .then((result) => {
          this.#answers.delete(answer);
          if (!this.#isShutDown) this.#health.set((result.code as number) === SUCCESS ? 'up' : 'down');
          answer(result);
        });
    });
    this.#last = job;
    void callBack(this.#options.component, job, resultCallback);
  }

  /** Waits for the exports under way, less than two seconds. Always resolves: the truth is in `flush` and `stats`. */
  async forceFlush(): Promise<void> {
    const start = this.#clock.now();
    await this.#settle(PATIENCE_MILLIS, false);
    this.#flushed = { start, end: this.#clock.now() };
  }

  /** Waits for the exports under way and says what became of them. */
  async flush(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<FlushReport> {
    const errors = await this.#settle(options.timeoutMillis ?? this.#options.timeoutMillis, false);
    const report = this.#ledger.report();
    return { ...report, errors: [...report.errors, ...errors] };
  }

  /**
   * Delivers what was handed in before, and always ends in time: what is not delivered then is dropped and counted, like
   * what comes later. Of several calls, the one with the least patience holds.
   *
   * @param options `timeoutMillis`: how long to wait; a little less than two seconds by default, a `forceFlush` right before
   *   it included
   */
  async shutdown(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<void> {
    this.#isShutDown = true;
    if (this.#isClosed) return;
    await Promise.race([this.#settle(options.timeoutMillis ?? this.#patienceLeft(), true), this.#closed]);
    this.#close();
  }

  /** Where everything that was handed in has gone, since the exporter was made. Events are for those that take some. */
  stats(): ExporterStats {
    return { ...this.#ledger.account(), events: EMPTY_ACCOUNT };
  }

  /** Whether what is handed in can be delivered. */
  health(): Health {
    return this.#health.current;
  }

  /** Whether `shutdown` was called. */
  protected get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** Resolves when `deliver` can be called; rejects when it never can. */
  protected async prepare(): Promise<void> {}

  /**
   * Resolves when what was delivered has arrived where it goes from here, or when the time is up. Never rejects.
   *
   * @param isLast whether nothing comes after it, so that what fails should be tried again until the time is up
   * @returns why something has not arrived
   */
  protected arrive(timeoutMillis: number, isLast: boolean): Promise<readonly Error[]>;
  protected async arrive(): Promise<readonly Error[]> {
    return [];
  }

  /**
   * Delivers the series of one export.
   *
   * @returns why something could not be delivered, if so
   */
  protected abstract deliver(
    allSeries: Iterable<Series>,
    account: SeriesAccount,
  ): Promise<string | undefined>;

  #failed(reason: string): ExportResult {
    return failed(this.#options.component, reason);
  }

  /** Waits for the exports under way, and for what becomes of them from here; at most so long. */
  async #settle(timeoutMillis: number, isLast: boolean): Promise<readonly Error[]> {
    const end = this.#clock.now() + timeoutMillis;
    await settledWithin(this.#clock, timeoutMillis, this.#last);
    const left = Math.max(end - this.#clock.now(), 0);
    let errors: readonly Error[] = [];
    const arriving = this.arrive(left, isLast).then((found) => {
      errors = found;
    });
    await settledWithin(this.#clock, left, arriving);
    return errors;
  }

  #patienceLeft(): number {
    const now = this.#clock.now();
    const { start, end } = this.#flushed;
    return now - end < SAME_SHUTDOWN_MILLIS ? Math.max(start + PATIENCE_MILLIS - now, 0) : PATIENCE_MILLIS;
  }

  /** Gives up what is not delivered. */
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tellClosed();
    const { points, amount } = this.#ledger.account().pending;
    if (points > 0) this.#dropAll({ points, amount }, 'shutdown', TOO_LATE);
    for (const answer of this.#answers) answer(this.#failed(TOO_LATE));
    this.#answers.clear();
  }

  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    const received = receive(metrics);
    this.#ledger.receive(received.points, received.amount);
    if (this.#isShutDown) return this.#dropAll(received, 'shutdown', SHUT_DOWN);
    await this.#last;
    try {
      await this.prepare();
    } catch (error) {
      if (this.#isClosed) return this.#failed(TOO_LATE);
      return this.#dropAll(received, 'notAccepted', reasonOf(error));
    }
    if (this.#isClosed) return this.#failed(TOO_LATE);
    let { points: openPoints, amount: openAmount } = received;
    const settle = (points: number, amount: number): void => {
      openPoints -= points;
      openAmount -= amount;
    };
    let refusedPoints = 0;
    let reason = '';
    // What is under way when the exporter is closed has been dropped already.
    const take = (points: number, amount: number): void => {
      if (this.#isClosed) return;
      settle(points, amount);
      this.#ledger.export(points, amount);
    };
    const refuse = (points: number, amount: number, what: string, refusal: Refusal): void => {
      if (this.#isClosed) return;
      settle(points, amount);
      this.#ledger.drop(refusal.refused, points, amount, what, refusal.reason);
      refusedPoints += points;
      reason = refusal.reason;
    };
    const account: SeriesAccount = {
      taken: ({ points, amount }) => take(points, amount),
      refused: ({ points, amount }, what, refusal) => refuse(points, amount, what, refusal),
    };
    const withoutSeries = ({ points, amount, metric, refusal }: PointsWithoutSeries): void => {
      if (refusal === undefined) take(points, amount);
      else refuse(points, amount, metric, refusal);
    };
    let failure: string | undefined;
    try {
      failure = await this.deliver(this.#seriesOf(received, withoutSeries), account);
    } catch (error) {
      failure = reasonOf(error);
    }
    if (this.#isClosed) return this.#failed(TOO_LATE);
    // What broke off can't be told from what was forgotten, and nobody comes back to either.
    if (openPoints > 0)
      this.#dropAll({ points: openPoints, amount: openAmount }, 'error', failure ?? 'it was not delivered');
    if (failure !== undefined) return this.#failed(failure);
    // What no export could bring over fails an export only when there was nothing else.
    return received.points > 0 && refusedPoints === received.points
      ? this.#failed(reason)
      : { code: SUCCESS };
  }

  /** The series of an export, as long as they can be delivered. */
  *#seriesOf(received: Received, count: (points: PointsWithoutSeries) => void): Generator<Series> {
    for (const step of this.#reader.read(received)) {
      if (this.#isClosed) return;
      if ('refusal' in step) count(step);
      else yield step;
    }
  }

  #dropAll({ points, amount }: Tally, cause: DropCause, reason: string): ExportResult {
    this.#ledger.drop(cause, points, amount, `${points} points`, reason);
    return this.#failed(reason);
  }
}
