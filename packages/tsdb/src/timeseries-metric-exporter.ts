import {
  LocalDelivery,
  Stretch,
  systemClock,
  type Refusal,
  type Series,
  type SeriesAccount,
} from '@tallykit/exporter-base';
import {
  EXPORTER_COMPONENT as COMPONENT,
  readExporterOptions,
  type TimeseriesMetricExporterOptions,
} from './exporter-options.ts';
import type { TimeseriesStore } from './timeseries-store.ts';
import { createTranslator } from './translate.ts';

const FLUSH_MILLIS = 10_000;

const TYPES = { sum: 'counter', gauge: 'gauge', histogram: 'distribution' } as const;

/**
 * Keeps the history of what a `MeterProvider` measures in a {@link TimeseriesStore}. It chooses delta temporality and
 * exponential histograms by itself. Give the reader the interval of the store's finest rollup.
 *
 * An export is `FAILED` when none of its points could be kept, and after a shutdown. A Redis that is away fails nothing:
 * what waits for it is in `store.stats()`. The store stays open after a `shutdown`, since others may use it.
 *
 * @example
 * const exporter = new TimeseriesMetricExporter({ include: ['jobs.*'] });
 * const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
 * const { url } = await exporter.store.listen();
 */
export class TimeseriesMetricExporter extends LocalDelivery {
  /** Where the history is. It may be shared, and outlives the exporter. */
  readonly store: TimeseriesStore;
  readonly #finestMillis: number;

  /** @throws for options that are wrong */
  constructor(options: TimeseriesMetricExporterOptions = {}) {
    const settings = readExporterOptions(options);
    super({
      component: COMPONENT,
      translator: createTranslator(settings),
      timeoutMillis: FLUSH_MILLIS,
    });
    this.store = settings.store;
    this.#finestMillis = this.store.rollups[0]![0] * 1000;
  }

  /** Waits until the store, and Redis if there is one, have what was handed in. Always resolves. */
  override async forceFlush(): Promise<void> {
    await super.forceFlush();
    await this.store.flush({ timeoutMillis: FLUSH_MILLIS });
  }

  protected override async deliver(allSeries: Iterable<Series>, account: SeriesAccount): Promise<undefined> {
    const stretch = new Stretch(systemClock);
    for (const series of allSeries) {
      const refusal = this.#add(series);
      if (refusal) account.refused(series, series.name, refusal);
      else account.taken(series);
      if (stretch.isOver()) await stretch.rest();
    }
  }

  #add({ type, name, unit, tags, value, startMillis, endMillis }: Series): Refusal | undefined {
    // What was counted belongs to the middle of its interval, a current value to its end. Where in an interval longer than
    // the finest bucket it belongs nobody knows, and a start may be missing.
    const length = Math.min(Math.max(endMillis - startMillis, 0), this.#finestMillis);
    const timeMillis = type === 'gauge' ? endMillis : endMillis - length / 2;
    return this.store.add({ type: TYPES[type], name, unit, tags, value, timeMillis });
  }
}
