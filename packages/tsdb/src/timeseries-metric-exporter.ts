import {
  Ledger,
  LocalDelivery,
  mergeReports,
  reasonOf,
  Yielder,
  systemClock,
  type ExporterStats,
  type FlushReport,
  type OptionTags,
  type Refusal,
  type Series,
  type SeriesAccount,
} from '@tallykit/exporter-base';
import {
  EXPORTER_COMPONENT as COMPONENT,
  readExporterOptions,
  type TimeseriesMetricExporterOptions,
} from './exporter-options.ts';
import type { WrittenRecording } from './recording.ts';
import type { TimeseriesStore } from './timeseries-store.ts';
import { createTranslator, nameFilterOf } from './translate.ts';

/** An event as `metrics.event(…)` hands it to those that take events. */
export interface KeptEvent {
  /** Not empty. */
  readonly title: string;
  /** The text of the event. */
  readonly text?: string | undefined;
  /** How it is shown. */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** Its tags. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** When it happened, in milliseconds since 1970; now without it. */
  readonly timestamp?: number | undefined;
}

/** How long `flush` waits without a `timeoutMillis`. */
const FLUSH_MILLIS = 10_000;

const TYPES = { sum: 'counter', gauge: 'gauge', histogram: 'distribution' } as const;

/**
 * Keeps the history of what a `MeterProvider` measures in a {@link TimeseriesStore}. It chooses delta temporality and
 * exponential histograms by itself. Give the reader the interval of the store's finest rollup.
 *
 * An export is `FAILED` when none of its points could be kept, and after a shutdown. A Redis that is away fails nothing:
 * what waits for it is in `store.stats()`. `flush`, `forceFlush` and `shutdown` wait for Redis too, within their time, and
 * `shutdown` tries again until then. The store stays open after a `shutdown`, since others may use it.
 *
 * @example
 * const exporter = new TimeseriesMetricExporter({ include: ['jobs.*'] });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const { url } = await exporter.store.listen();
 */
export class TimeseriesMetricExporter<T extends OptionTags<T> = OptionTags> extends LocalDelivery {
  /** Where the history is kept. Others may use it too, and it stays open when the exporter is shut down. */
  readonly store: TimeseriesStore;
  readonly #finestMillis: number;
  readonly #isKept: (name: string) => boolean;
  readonly #events = new Ledger(COMPONENT);

  /** @throws for options that are wrong */
  constructor(options: TimeseriesMetricExporterOptions<T> = {}) {
    const settings = readExporterOptions(options);
    super({
      component: COMPONENT,
      translator: createTranslator(settings),
      timeoutMillis: FLUSH_MILLIS,
    });
    this.store = settings.store;
    this.store.expectExports();
    this.#isKept = nameFilterOf(settings);
    this.#finestMillis = this.store.rollups[0]![0] * 1000;
  }

  /**
   * Whether `include` and `exclude` let a metric into the store. A producer that is told so collects no other metrics.
   *
   * @param name as the program named it
   * @example createMetricProducer({ exporter, include: (name) => exporter.keeps(name) });
   */
  keeps(name: string): boolean {
    return this.#isKept(name);
  }

  /**
   * Keeps an event in the store, for example one of `metrics.event(…)`. Never throws: what is no event is counted in
   * `stats().events`. Patterns of `include` and `exclude` are for metrics only.
   *
   * @param event `timestamp` is in milliseconds since 1970
   * @example const metrics = createMetrics({ events: exporter });
   */
  event(event: KeptEvent): void {
    this.#events.receive(1, 0);
    if (this.isShutDown) {
      this.#events.drop('shutdown', 1, 0, 'an event', 'the exporter has been shut down');
      return;
    }
    const refusal = this.#addEvent(event);
    if (refusal === undefined) this.#events.export(1, 0);
    else this.#events.drop(refusal.refused, 1, 0, 'an event', refusal.reason);
  }

  /**
   * Waits for the exports under way and for Redis, and says what became of points and events since the last report.
   *
   * @param options how many milliseconds it waits: `timeoutMillis`, 10,000 by default
   */
  override async flush(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<FlushReport> {
    const points = await super.flush(options);
    return mergeReports(points, this.#events.report());
  }

  /** Where everything that was handed in has gone, since the exporter was made. */
  override stats(): ExporterStats {
    return { ...super.stats(), events: this.#events.account() };
  }

  /** Writes what the store keeps for Redis. A reader's calls need it; programs use `flush` and `shutdown`. */
  protected override async arrive(timeoutMillis: number, isLast: boolean): Promise<readonly Error[]> {
    return (await this.store.flush({ timeoutMillis, keepsTrying: isLast })).errors;
  }

  /** Puts the series of one export into the store. `export` calls it. */
  protected override async deliver(allSeries: Iterable<Series>, account: SeriesAccount): Promise<undefined> {
    const yielder = new Yielder(systemClock);
    for (const series of allSeries) {
      const refusal = this.#add(series);
      if (refusal) account.refused(series, `${series.points} points of ${series.name}`, refusal);
      else account.taken(series);
      if (yielder.isDue()) await yielder.yieldToEventLoop();
    }
  }

  #addEvent(event: KeptEvent): Refusal | undefined {
    try {
      const { title, text, alertType, tags, timestamp: timeMillis } = event;
      return this.store.addEvent({ title, text, alertType, tags, timeMillis });
    } catch (error) {
      // It is no object, or a getter of the caller threw.
      return { refused: 'notRepresentable', reason: `the store can't take it: ${reasonOf(error)}` };
    }
  }

  #add(series: Series): Refusal | undefined {
    try {
      return this.store.add(recordingOf(series, this.#finestMillis));
    } catch (error) {
      // Data that no SDK makes: one series of it must not take the others with it.
      return { refused: 'error', reason: `the store can't take it: ${reasonOf(error)}` };
    }
  }
}

/** A series as the store takes it. */
function recordingOf(
  { type, name, unit, tags, value, startMillis, endMillis }: Series,
  finestMillis: number,
): WrittenRecording {
  // An increase belongs to the middle of its interval, and a current value to its end. Of an interval that is longer than
  // the finest bucket, or whose start is missing, only the last part counts: nobody knows where in it the values lie.
  const length = Math.min(Math.max(endMillis - startMillis, 0), finestMillis);
  const timeMillis = type === 'gauge' ? endMillis : endMillis - length / 2;
  return { type: TYPES[type], name, unit, tags, value, timeMillis };
}
