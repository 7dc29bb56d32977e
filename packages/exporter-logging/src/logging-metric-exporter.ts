import {
  Ledger,
  LocalDelivery,
  mergeReports,
  reasonOf,
  Yielder,
  systemClock,
  type ExporterStats,
  type FlushReport,
  type Series,
  type SeriesAccount,
} from '@tallykit/exporter-base';
import { eventLine, seriesLine, summaryLine, type Line, type LoggedEvent } from './format.ts';
import { IdleSeries } from './idle-series.ts';
import type { Lines } from './lines.ts';
import { COMPONENT, readOptions, type LoggingMetricExporterOptions } from './options.ts';
import { createTranslator } from './translate.ts';

/** How long `flush` waits without a `timeoutMillis`. A logger takes lines at once, so only many of them can take long. */
const TIMEOUT_MILLIS = 5_000;

/**
 * Logs metrics, one structured line for each series and export, for any OpenTelemetry `MeterProvider`. It chooses delta
 * temporality and exponential histograms by itself. An export is `FAILED` when the logger threw, and after a shutdown. A
 * shutdown does not end the logger.
 *
 * @example
 * const exporter = new LoggingMetricExporter({ logger: pino() });
 * const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
 * // 'orders.created': +1204 (20.07/s)
 */
export class LoggingMetricExporter extends LocalDelivery {
  readonly #lines: Lines;
  readonly #level: string;
  readonly #isSummary: boolean;
  readonly #idle: IdleSeries | undefined;
  readonly #events = new Ledger(COMPONENT);
  /** When the last export ended, in milliseconds since 1970. The next one has what was recorded since then. */
  #sinceMillis = Date.now();

  /** @throws TypeError for options that are wrong or unknown; never for winston that is not installed */
  constructor(options: LoggingMetricExporterOptions = {}) {
    const { lines, level, format, includeIdle } = readOptions(options);
    super({
      component: COMPONENT,
      translator: createTranslator({ includeIdle }),
      timeoutMillis: TIMEOUT_MILLIS,
    });
    this.#lines = lines;
    this.#level = level;
    this.#isSummary = format === 'summary';
    this.#idle = includeIdle ? new IdleSeries() : undefined;
  }

  /**
   * Logs an event, for example one of `metrics.event(…)`. Never throws: what can't be logged is counted in `stats().events`.
   *
   * @example
   * const metrics = createMetrics({ events: exporter });
   */
  event(event: LoggedEvent): void {
    this.#events.receive(1, 0);
    if (this.isShutDown) {
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

  /**
   * Waits for the exports under way, and reports what became of points and events since the last report. Never rejects.
   *
   * @param options `timeoutMillis`: how long to wait, 5,000 by default
   */
  override async flush(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<FlushReport> {
    const points = await super.flush(options);
    return mergeReports(points, this.#events.report());
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  override stats(): ExporterStats {
    return { ...super.stats(), events: this.#events.account() };
  }

  /** Loads winston where it is needed. `export` calls it. */
  protected override async prepare(): Promise<void> {
    this.#lines.load();
  }

  /** Logs the series of one export. `export` calls it. */
  protected override async deliver(
    recorded: Iterable<Series>,
    account: SeriesAccount,
  ): Promise<string | undefined> {
    const allSeries = this.#idle === undefined ? recorded : this.#idle.with(recorded);
    return this.#isSummary ? this.#logSummary(allSeries, account) : this.#logSeries(allSeries, account);
  }

  /** @returns why a line could not be logged, if so */
  async #logSeries(allSeries: Iterable<Series>, account: SeriesAccount): Promise<string | undefined> {
    const yielder = new Yielder(systemClock);
    const sinceMillis = this.#sinceMillis;
    let failure: string | undefined;
    for (const series of allSeries) {
      failure = this.#write([series], account, () => seriesLine(series, sinceMillis)) ?? failure;
      this.#sinceMillis = Math.max(this.#sinceMillis, series.endMillis);
      if (yielder.isDue()) await yielder.yieldToEventLoop();
    }
    return failure;
  }

  #logSummary(allSeries: Iterable<Series>, account: SeriesAccount): string | undefined {
    const series = [...allSeries];
    return series.length === 0 ? undefined : this.#write(series, account, () => summaryLine(series));
  }

  #write(allSeries: readonly Series[], account: SeriesAccount, makeLine: () => Line): string | undefined {
    let failure: string | undefined;
    try {
      const { message, metadata } = makeLine();
      this.#lines.write(this.#level, message, metadata);
    } catch (error) {
      failure = `the logger threw: ${reasonOf(error)}`;
    }
    for (const series of allSeries) {
      if (failure === undefined) {
        account.taken(series);
      } else {
        const what = `${series.points} points of ${series.name}`;
        account.refused(series, what, { refused: 'refused', reason: failure });
      }
    }
    return failure;
  }
}
