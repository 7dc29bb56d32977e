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
  type ExporterStats,
  type ExportResult,
  type FlushReport,
  type Series,
} from '@tallykit/exporter-base';
import type {
  AggregationOption,
  AggregationTemporality,
  InstrumentType,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { eventLine, seriesLine, summaryLine, type Line, type LoggedEvent } from './format.ts';
import { IdleSeries } from './idle-series.ts';
import type { Lines } from './lines.ts';
import { COMPONENT, readOptions, type LoggingMetricExporterOptions } from './options.ts';
import { createTranslator } from './translate.ts';

/** The values of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;
const FAILED = 1;

/** How long `flush`, `forceFlush` and `shutdown` wait: a logger takes lines at once, so only winston's loading can last. */
const TIMEOUT_MILLIS = 5_000;

/**
 * Logs metrics, one structured line for each series and export, for any OpenTelemetry `MeterProvider`. It chooses delta
 * temporality and exponential histograms by itself.
 *
 * @example
 * const exporter = new LoggingMetricExporter({ logger: pino() });
 * const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
 * // 'orders.created': +1204 (20.07/s)
 */
export class LoggingMetricExporter implements PushMetricExporter {
  readonly #lines: Lines;
  readonly #level: string;
  readonly #isSummary: boolean;
  readonly #reader: SeriesReader;
  readonly #idle: IdleSeries | undefined;
  readonly #points = new Ledger(COMPONENT);
  readonly #events = new Ledger(COMPONENT);
  /** Ends when everything that was handed in is logged. Exports don't overlap. */
  #last: Promise<unknown> = Promise.resolve();
  /** When the last export ended: what is logged was recorded since. */
  #sinceMillis = Date.now();
  #isShutDown = false;

  /** @throws for options that are wrong or unknown */
  constructor(options: LoggingMetricExporterOptions = {}) {
    const { lines, level, format, includeIdle } = readOptions(options);
    this.#lines = lines;
    this.#level = level;
    this.#isSummary = format === 'summary';
    this.#idle = includeIdle ? new IdleSeries() : undefined;
    this.#reader = new SeriesReader(COMPONENT, createTranslator({ includeIdle }));
  }

  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return selectAggregationTemporality(instrumentType);
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return selectAggregation(instrumentType);
  }

  /** Logs the points. The result is `FAILED` when the logger threw, and after a shutdown. */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const { points, amount } = tallyOf(metrics);
    this.#points.receive(points, amount);
    const job = this.#last
      .then(() => this.#export(metrics))
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

  /**
   * Logs an event, such as `metrics.event(…)` hands over. Never throws.
   *
   * @example
   * const metrics = createMetrics({ events: exporter });
   */
  event(event: LoggedEvent): void {
    this.#events.receive(1, 0);
    if (this.#isShutDown) {
      this.#events.drop('shutdown', 1, 0, 'an event', 'the exporter has been shut down');
      return;
    }
    try {
      const { message, metadata } = eventLine(event);
      this.#lines.write(this.#level, message, metadata);
      this.#events.export(1, 0);
    } catch (error) {
      this.#events.drop('error', 1, 0, 'an event', reasonOf(error));
    }
  }

  /** Waits for the exports under way. Always resolves: the truth is in `flush` and `stats`. */
  async forceFlush(): Promise<void> {
    await settledWithin(systemClock, TIMEOUT_MILLIS, this.#last);
  }

  /** Waits for the exports under way and says what became of them. */
  async flush({
    timeoutMillis = TIMEOUT_MILLIS,
  }: { readonly timeoutMillis?: number } = {}): Promise<FlushReport> {
    await settledWithin(systemClock, timeoutMillis, this.#last);
    const points = this.#points.report();
    const events = this.#events.report();
    return {
      exported: points.exported + events.exported,
      pending: points.pending + events.pending,
      dropped: points.dropped + events.dropped,
      errors: [...points.errors, ...events.errors],
    };
  }

  /** Logs what was handed in. The logger is left as it is. */
  async shutdown(): Promise<void> {
    await this.forceFlush();
    this.#isShutDown = true;
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  stats(): ExporterStats {
    return { ...this.#points.account(), events: this.#events.account() };
  }

  async #export(metrics: ResourceMetrics): Promise<ExportResult> {
    const { points, amount } = tallyOf(metrics);
    if (this.#isShutDown) {
      const reason = 'the exporter has been shut down';
      this.#points.drop('shutdown', points, amount, `${points} points`, reason);
      return failed(reason);
    }
    try {
      await this.#lines.ready;
    } catch (error) {
      const reason = reasonOf(error);
      this.#points.drop('notAccepted', points, amount, `${points} points`, reason);
      return failed(reason);
    }
    let refusal: string | undefined;
    let refusedPoints = 0;
    const exported = this.#reader.read(metrics, {
      nothing: (ofPoints, ofAmount) => this.#points.export(ofPoints, ofAmount),
      refused: (ofPoints, ofAmount, what, { refused, reason }) => {
        this.#points.drop(refused, ofPoints, ofAmount, what, reason);
        refusal = reason;
        refusedPoints += ofPoints;
      },
    });
    const series = this.#idle === undefined ? exported : this.#idle.with(exported);
    const failure = this.#isSummary ? this.#logSummary(series) : await this.#logSeries(series);
    if (failure !== undefined) return failed(failure);
    // As with every exporter of ours: what no export could bring over fails an export only when there was nothing else.
    return refusal !== undefined && refusedPoints === points ? failed(refusal) : { code: SUCCESS };
  }

  /** @returns why a line could not be logged, if so */
  async #logSeries(allSeries: Iterable<Series>): Promise<string | undefined> {
    const stretch = new Stretch(systemClock);
    const sinceMillis = this.#sinceMillis;
    let failure: string | undefined;
    for (const series of allSeries) {
      failure = this.#write([series], () => seriesLine(series, sinceMillis)) ?? failure;
      this.#sinceMillis = Math.max(this.#sinceMillis, series.endMillis);
      if (stretch.isOver()) await stretch.rest();
    }
    return failure;
  }

  #logSummary(allSeries: Iterable<Series>): string | undefined {
    const series = [...allSeries];
    return series.length === 0 ? undefined : this.#write(series, () => summaryLine(series));
  }

  #write(allSeries: readonly Series[], makeLine: () => Line): string | undefined {
    let failure: string | undefined;
    try {
      const { message, metadata } = makeLine();
      this.#lines.write(this.#level, message, metadata);
    } catch (error) {
      failure = `the logger threw: ${reasonOf(error)}`;
    }
    for (const { name, points, amount } of allSeries) {
      if (failure === undefined) this.#points.export(points, amount);
      else this.#points.drop('refused', points, amount, `${points} points of ${name}`, failure);
    }
    return failure;
  }
}

function failed(reason: string): ExportResult {
  return { code: FAILED, error: new Error(`${COMPONENT}: ${reason}`) };
}
