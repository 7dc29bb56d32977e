import {
  HealthRecord,
  Ledger,
  reasonOf,
  log,
  settledWithin,
  systemClock,
  tallyOf,
  type ExporterStats,
  type FlushReport,
  type Health,
} from '@tallykit/exporter-base';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { FlushSync } from './backend.ts';
import { DelegatingExporter, SUCCESS, type Result, type ResultCallback } from './delegating-exporter.ts';

/**
 * Counts the points that an exporter is handed, and what it reports of them, for an exporter that doesn't count by itself.
 * Logs the first failure of an outage, and that the exporter works again.
 */
export class CountedExporter extends DelegatingExporter {
  readonly #name: string;
  readonly #flushSync: FlushSync | undefined;
  readonly #ledger: Ledger;
  readonly #events: Ledger;
  readonly #health = new HealthRecord();
  /** Settles when the latest export has. */
  #latest: Promise<unknown> = Promise.resolve();
  /** How many points were dropped since the first failure; `undefined` while the exporter works. */
  #droppedInOutage: number | undefined;

  constructor(exporter: PushMetricExporter & { readonly flushSync?: FlushSync }, name: string) {
    super(exporter);
    this.#flushSync = exporter.flushSync?.bind(exporter);
    this.#name = name;
    this.#ledger = new Ledger(name);
    this.#events = new Ledger(name);
  }

  override export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    const { points, amount } = tallyOf(metrics);
    this.#ledger.receive(points, amount);
    this.#latest = new Promise<void>((resolve) => {
      super.export(metrics, (result) => {
        if ((result.code as number) === SUCCESS) this.#succeed(points, amount);
        else this.#fail(points, amount, result);
        resolve();
        resultCallback(result);
      });
    });
  }

  /** As that of the exporter, if it has one. */
  get flushSync(): FlushSync | undefined {
    const flushSync = this.#flushSync;
    if (flushSync === undefined) return undefined;
    return (metrics, options) => {
      const { points, amount } = tallyOf(metrics);
      this.#ledger.receive(points, amount);
      const result = flushSync(metrics, options);
      if (result.pending + result.dropped === 0) this.#ledger.export(points, amount);
      else this.#ledger.drop('notAccepted', points, amount, `${points} points`, 'the process ends');
      return result;
    };
  }

  async flush({ timeoutMillis }: { readonly timeoutMillis: number }): Promise<FlushReport> {
    await settledWithin(systemClock, timeoutMillis, this.#latest);
    return this.#ledger.report();
  }

  health(): Health {
    return this.#health.current;
  }

  stats(): ExporterStats {
    return { ...this.#ledger.account(), events: this.#events.account() };
  }

  #succeed(points: number, amount: number): void {
    this.#ledger.export(points, amount);
    this.#health.set('up');
    if (this.#droppedInOutage === undefined) return;
    log('warn', `${this.#name}: exporting again; dropped ${this.#droppedInOutage} points meanwhile.`);
    this.#droppedInOutage = undefined;
  }

  #fail(points: number, amount: number, { error }: Result): void {
    const failure = reasonOf(error ?? 'no reason given');
    this.#health.set('down');
    this.#ledger.drop('notAccepted', points, amount, `${points} points`, failure);
    if (this.#droppedInOutage === undefined) {
      log('warn', `${this.#name}: can't export: ${failure}. Logged once, and again when it works.`);
    }
    this.#droppedInOutage = (this.#droppedInOutage ?? 0) + points;
  }
}
