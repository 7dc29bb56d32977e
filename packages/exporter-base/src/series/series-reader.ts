import type { Attributes } from '@opentelemetry/api';
import { YIELD } from '../support/yielder.ts';
import type { Received } from './received.ts';
import { SeriesMerger, type PointsWithoutSeries } from './series-merger.ts';
import type { Series, Translate } from './series.ts';

/**
 * Makes series of points for exporters that deliver inside the process, where no series waits for a later export.
 */
export class SeriesReader {
  readonly #merger: SeriesMerger;

  constructor(component: string, translator: (resource: Attributes) => Translate) {
    this.#merger = new SeriesMerger(component, translator);
  }

  /** Yields the series of one export, each with all its points, and the points that make no series. */
  *read(received: Received): Generator<Series | PointsWithoutSeries> {
    for (const step of this.#merger.merge([received], [])) {
      if (step === YIELD) continue;
      if (!(step instanceof Array)) {
        yield step;
        continue;
      }
      for (const { entry } of step) entry.waiting = undefined;
      for (const { series } of step) yield series;
    }
  }
}
