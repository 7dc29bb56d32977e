import type { Attributes } from '@opentelemetry/api';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { CargoReader } from './cargo-reader.ts';
import { settledWithin, systemClock } from './clock.ts';
import { callBack, failed, SUCCESS, type ExportResult } from './export-result.ts';
import { mergeHistograms } from './histogram.ts';
import {
  Ledger,
  type Account,
  type DropCause,
  type FlushReport,
  type Refusal,
  type Tally,
} from './ledger.ts';
import { receive } from './received.ts';
import { seriesOf } from './series-reader.ts';
import type { Series, Translate } from './series.ts';
import { selectAggregation, selectAggregationTemporality } from './temporality.ts';
import { reasonOf } from './transport.ts';

/** What one exporter brings along. */
export interface LocalDeliveryOptions {
  /** The exporter's class name: messages start with it. */
  readonly component: string;
  /** How the metrics of one resource are called. Pure. */
  readonly translator: (resource: Attributes) => Translate;
  /** How long `flush`, `forceFlush` and `shutdown` wait. */
  readonly timeoutMillis: number;
}

/** Counts what became of series. */
export interface SeriesAccount {
  taken(series: Series): void;
  /** @param what names it, for people */
  refused(series: Series, what: string, refusal: Refusal): void;
}

/**
 * A push exporter that delivers inside the process, where nothing has to be sent again: {@link Delivery} without a server.
 * Exports don't overlap, nothing is thrown out of it, and every `export` is answered once.
 */
export abstract class LocalDelivery implements PushMetricExporter {
  readonly #options: LocalDeliveryOptions;
  readonly #reader: CargoReader;
  readonly #ledger: Ledger;
  /** Ends when everything that was handed in is delivered. */
  #last: Promise<unknown> = Promise.resolve();
  #isShutDown = false;

  constructor(options: LocalDeliveryOptions) {
    this.#options = options;
    this.#reader = new CargoReader(options.component, options.translator, mergeHistograms);
    this.#ledger = new Ledger(options.component);
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /** Delivers the points. The result is `FAILED` when something, or none of them, could be delivered, and after a shutdown. */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const job = this.#export(metrics).catch((error: unknown) => this.#failed(reasonOf(error)));
    this.#last = job;
    void callBack(this.#options.component, job, resultCallback);
  }

  /** Waits for the exports under way. Always resolves: the truth is in `flush` and `stats`. */
  async forceFlush(): Promise<void> {
    await settledWithin(systemClock, this.#options.timeoutMillis, this.#last);
  }

  /** Waits for the exports under way and says what became of them. */
  async flush(options: { readonly timeoutMillis?: number } = {}): Promise<FlushReport> {
    await settledWithin(systemClock, options.timeoutMillis ?? this.#options.timeoutMillis, this.#last);
    return this.#ledger.report();
  }

  /** Delivers what was handed in. What comes later is dropped and counted. */
  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    await this.forceFlush();
    this.#isShutDown = true;
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  stats(): Account {
    return this.#ledger.account();
  }

  protected get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** Resolves when `deliver` can be called; rejects when it never can. */
  protected async prepare(): Promise<void> {}

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

  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    const received = receive(metrics);
    this.#ledger.receive(received.points, received.amount);
    await this.#last;
    if (this.#isShutDown) return this.#dropAll(received, 'shutdown', 'the exporter has been shut down');
    try {
      await this.prepare();
    } catch (error) {
      return this.#dropAll(received, 'notAccepted', reasonOf(error));
    }
    let { points: openPoints, amount: openAmount } = received;
    const settle = (points: number, amount: number): void => {
      openPoints -= points;
      openAmount -= amount;
    };
    const take = (points: number, amount: number): void => {
      settle(points, amount);
      this.#ledger.export(points, amount);
    };
    let refusedPoints = 0;
    let reason = '';
    const refuse = (points: number, amount: number, what: string, refusal: Refusal): void => {
      settle(points, amount);
      this.#ledger.drop(refusal.refused, points, amount, what, refusal.reason);
      refusedPoints += points;
      reason = refusal.reason;
    };
    const allSeries = seriesOf(this.#reader, received, { nothing: take, refused: refuse });
    let failure: string | undefined;
    try {
      failure = await this.deliver(allSeries, {
        taken: ({ points, amount }) => take(points, amount),
        refused: ({ points, amount }, what, refusal) => refuse(points, amount, what, refusal),
      });
    } catch (error) {
      failure = reasonOf(error);
    }
    // What broke off can't be told from what was forgotten, and nobody comes back to either.
    if (openPoints > 0)
      this.#dropAll({ points: openPoints, amount: openAmount }, 'error', failure ?? 'it was not delivered');
    if (failure !== undefined) return this.#failed(failure);
    // What no export could bring over fails an export only when there was nothing else.
    return received.points > 0 && refusedPoints === received.points
      ? this.#failed(reason)
      : { code: SUCCESS };
  }

  #dropAll({ points, amount }: Tally, cause: DropCause, reason: string): ExportResult {
    this.#ledger.drop(cause, points, amount, `${points} points`, reason);
    return this.#failed(reason);
  }
}
