import {
  Ledger,
  reasonOf,
  log,
  settledWithin,
  systemClock,
  tallyOf,
  type ExporterStats,
  type FlushReport,
} from '@tallykit/exporter-base';
import {
  AggregationTemporality,
  AggregationType,
  type AggregationOption,
  type InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

type ResultCallback = Parameters<PushMetricExporter['export']>[1];
type Result = Parameters<ResultCallback>[0];

/** Of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;

/**
 * Counts what an exporter that doesn't count by itself was handed, and what it said became of it. Says that it fails, once,
 * and that it works again, once.
 */
export class CountedExporter implements PushMetricExporter {
  readonly #exporter: PushMetricExporter;
  readonly #name: string;
  readonly #ledger: Ledger;
  readonly #events: Ledger;
  #last: Promise<unknown> = Promise.resolve();
  /** Points that were dropped since it began to fail. */
  #outage: number | undefined;

  constructor(exporter: PushMetricExporter, name: string) {
    this.#exporter = exporter;
    this.#name = name;
    this.#ledger = new Ledger(name);
    this.#events = new Ledger(name);
  }

  // The SDK's defaults, where the exporter has no wish of its own.
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return this.#exporter.selectAggregationTemporality?.(instrumentType) ?? AggregationTemporality.CUMULATIVE;
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return this.#exporter.selectAggregation?.(instrumentType) ?? { type: AggregationType.DEFAULT };
  }

  export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    const { points, amount } = tallyOf(metrics);
    this.#ledger.receive(points, amount);
    this.#last = new Promise<void>((resolve) => {
      this.#exporter.export(metrics, (result) => {
        if ((result.code as number) === SUCCESS) this.#succeed(points, amount);
        else this.#fail(points, amount, result);
        resolve();
        resultCallback(result);
      });
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  async flush({ timeoutMillis }: { readonly timeoutMillis: number }): Promise<FlushReport> {
    await settledWithin(systemClock, timeoutMillis, this.#last);
    return this.#ledger.report();
  }

  stats(): ExporterStats {
    return { ...this.#ledger.account(), events: this.#events.account() };
  }

  #succeed(points: number, amount: number): void {
    this.#ledger.export(points, amount);
    if (this.#outage === undefined) return;
    log('warn', `${this.#name}: exporting again; dropped ${this.#outage} points meanwhile.`);
    this.#outage = undefined;
  }

  #fail(points: number, amount: number, { error }: Result): void {
    const failure = reasonOf(error ?? 'no reason given');
    this.#ledger.drop('notAccepted', points, amount, `${points} points`, failure);
    if (this.#outage === undefined) {
      log('warn', `${this.#name}: can't export: ${failure}. Logged once, and again when it works.`);
    }
    this.#outage = (this.#outage ?? 0) + points;
  }
}
