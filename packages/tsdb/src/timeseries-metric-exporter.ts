import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  Ledger,
  reasonOf,
  say,
  selectAggregation,
  selectAggregationTemporality,
  SeriesReader,
  settledWithin,
  Stretch,
  systemClock,
  tallyOf,
  type Account,
  type ExportResult,
  type FlushReport,
  type Refusal,
  type Series,
} from '@tallykit/exporter-base';
import {
  EXPORTER_COMPONENT as COMPONENT,
  readExporterOptions,
  type TimeseriesMetricExporterOptions,
} from './exporter-options.ts';
import type { TimeseriesStore } from './timeseries-store.ts';
import { createTranslator } from './translate.ts';

/** Where the points went that an exporter was handed. `exported` are those that the store took. */
export type TimeseriesExporterStats = Account;

const FLUSH_MILLIS = 10_000;
/** The values of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;
const FAILED = 1;

const TYPES = { sum: 'counter', gauge: 'gauge', histogram: 'distribution' } as const;

/**
 * Keeps the history of what a `MeterProvider` measures in a {@link TimeseriesStore}. It chooses delta temporality and
 * exponential histograms by itself. Give the reader the interval of the store's finest rollup.
 *
 * @example
 * const exporter = new TimeseriesMetricExporter({ include: ['jobs.*'] });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const { url } = await exporter.store.listen();
 */
export class TimeseriesMetricExporter implements PushMetricExporter {
  /** Where the history is. It may be shared, and outlives the exporter. */
  readonly store: TimeseriesStore;
  readonly #reader: SeriesReader;
  readonly #ledger = new Ledger(COMPONENT);
  readonly #finestMillis: number;
  /** Ends when everything that was handed in is in the store. Exports don't overlap. */
  #last: Promise<unknown> = Promise.resolve();
  #isShutDown = false;

  /** @throws for options that are wrong */
  constructor(options: TimeseriesMetricExporterOptions = {}) {
    const settings = readExporterOptions(options);
    this.store = settings.store;
    this.#reader = new SeriesReader(COMPONENT, createTranslator(settings));
    this.#finestMillis = this.store.rollups[0]![0] * 1000;
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /**
   * Puts the points into the store. The result is `FAILED` when none of them could be kept, and after a shutdown. A Redis
   * that is away fails nothing: what waits for it is in `store.stats()`.
   */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const { points, amount } = tallyOf(metrics);
    this.#ledger.receive(points, amount);
    const job = this.#last
      .then(() => this.#export(metrics, points, amount))
      .catch((error: unknown) => failed(reasonOf(error)));
    this.#last = job;
    void job.then((result) => {
      try {
        resultCallback(result);
      } catch (error) {
        say('error', `${COMPONENT}: the callback of an export threw: ${reasonOf(error)}`);
      }
    });
  }

  /** Waits until the store, and Redis if there is one, have what was handed in. Always resolves. */
  async forceFlush(): Promise<void> {
    await settledWithin(systemClock, FLUSH_MILLIS, this.#last);
    await this.store.flush({ timeoutMillis: FLUSH_MILLIS });
  }

  /** Waits for the exports under way and says what became of them. What Redis has is in `store.stats()`. */
  async flush({ timeoutMillis = FLUSH_MILLIS } = {}): Promise<FlushReport> {
    await settledWithin(systemClock, timeoutMillis, this.#last);
    return this.#ledger.report();
  }

  /** Flushes. The store stays open, since others may use it: `store.shutdown()`. */
  async shutdown(): Promise<void> {
    if (this.#isShutDown) return;
    await this.forceFlush();
    this.#isShutDown = true;
  }

  stats(): TimeseriesExporterStats {
    return this.#ledger.account();
  }

  async #export(metrics: ResourceMetrics, points: number, amount: number): Promise<ExportResult> {
    if (this.#isShutDown) {
      const reason = 'the exporter has been shut down';
      this.#ledger.drop('shutdown', points, amount, `${points} points`, reason);
      return failed(reason);
    }
    let refusedPoints = 0;
    let reason = '';
    const refuse = (ofPoints: number, ofAmount: number, what: string, refusal: Refusal): void => {
      this.#ledger.drop(refusal.refused, ofPoints, ofAmount, what, refusal.reason);
      refusedPoints += ofPoints;
      reason = refusal.reason;
    };
    const series = this.#reader.read(metrics, {
      nothing: (ofPoints, ofAmount) => this.#ledger.export(ofPoints, ofAmount),
      refused: refuse,
    });
    const stretch = new Stretch(systemClock);
    for (const each of series) {
      const refusal = this.#add(each);
      if (refusal) refuse(each.points, each.amount, each.name, refusal);
      else this.#ledger.export(each.points, each.amount);
      if (stretch.isOver()) await stretch.rest();
    }
    // What can't be kept fails an export only when there was nothing else.
    return points > 0 && refusedPoints === points ? failed(reason) : { code: SUCCESS };
  }

  #add({ type, name, unit, tags, value, startMillis, endMillis }: Series): Refusal | undefined {
    // What was counted belongs to the middle of its interval, a current value to its end. Where in an interval longer than
    // the finest bucket it belongs nobody knows, and a start may be missing.
    const length = Math.min(Math.max(endMillis - startMillis, 0), this.#finestMillis);
    const timeMillis = type === 'gauge' ? endMillis : endMillis - length / 2;
    return this.store.add({ type: TYPES[type], name, unit, tags, value, timeMillis });
  }
}

function failed(reason: string): ExportResult {
  return { code: FAILED, error: new Error(`${COMPONENT}: ${reason}`) };
}
