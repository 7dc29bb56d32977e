import type { Attributes } from '@opentelemetry/api';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { CargoReader, REST, type PointListener } from './cargo-reader.ts';
import { receive, type Received } from './received.ts';
import type { Series, Translate } from './series.ts';

/**
 * Makes series of points, for exporters that deliver at once: names them as they are called on the wire, and merges those
 * that are equal there. Remembers the tags of attributes objects that never change.
 *
 * @example
 * const reader = new SeriesReader('MyExporter', () => (metric) => ({ name: metric.name, tags, judge: () => undefined }));
 * for (const series of reader.read(resourceMetrics, listener)) console.log(series.name, series.tags, series.value);
 */
export class SeriesReader {
  readonly #reader: CargoReader;

  constructor(component: string, translator: (resource: Attributes) => Translate) {
    this.#reader = new CargoReader(component, translator);
  }

  /** The series of one export, each with all its points. */
  *read(metrics: ResourceMetrics, listener: PointListener): Generator<Series> {
    yield* seriesOf(this.#reader, receive(metrics), listener);
  }
}

/** The series of what was received, each with all its points; nothing of them stays with the reader. */
export function* seriesOf(
  reader: CargoReader,
  received: Received,
  listener: PointListener,
): Generator<Series> {
  for (const cargo of reader.read([received], [], listener)) {
    if (cargo === REST) continue;
    for (const { slot } of cargo) slot.waiting = undefined;
    for (const { series } of cargo) yield series;
  }
}
