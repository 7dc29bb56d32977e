import type { Attributes } from '@opentelemetry/api';
import { AttributesMap } from './attributes-map.ts';
import type { SeriesEntry } from './pending-series.ts';
import type { TagWriter } from './tags.ts';

/** Remembers the series of one metric, by their tags and by the attributes of their points. */
export class SeriesEntries {
  readonly #entries = new Map<string, SeriesEntry>();
  /** Only for tags of one writer: another one writes other tags. */
  readonly #known = new AttributesMap<SeriesEntry>();
  #writer: TagWriter | undefined;
  /** The number of the first export of the batch that is being read, or was read last. */
  #firstExport = 0;
  /** How many points that batch had. */
  #points = 0;
  /** How many series that batch had. */
  #used = 0;

  /** Begins to read a batch. Forgets the series that the last batch didn't have, when they are more than half. */
  beginReading(firstExport: number): void {
    if (this.#firstExport === firstExport) return;
    if (this.#used * 2 < this.#entries.size) this.#tidy();
    // More attributes are known than came: many of them were for one series, or they are new objects in each export.
    if (this.#points * 2 < this.#known.size) this.#known.clear();
    this.#known.restart();
    this.#firstExport = firstExport;
    this.#points = 0;
    this.#used = 0;
  }

  /** The series of a point with these attributes, whose tags are written by this writer. */
  of(writer: TagWriter, attributes: Attributes): SeriesEntry {
    if (writer !== this.#writer) {
      this.#writer = writer;
      this.#known.clear();
    }
    const known = this.#known.get(attributes);
    if (known !== undefined) return known;
    const tags = writer.write(attributes);
    let entry = this.#entries.get(tags);
    if (entry === undefined) {
      entry = { tags, waiting: undefined, lastExport: 0 };
      this.#entries.set(tags, entry);
    }
    this.#known.add(attributes, entry);
    return entry;
  }

  /** Takes down that an export has a point of a series. @returns whether it is the first one in this export */
  use(entry: SeriesEntry, exportNumber: number): boolean {
    this.#points += 1;
    if (entry.lastExport < this.#firstExport) this.#used += 1;
    const isFirst = entry.lastExport !== exportNumber;
    entry.lastExport = exportNumber;
    return isFirst;
  }

  #tidy(): void {
    for (const [tags, { lastExport, waiting }] of this.#entries) {
      if (lastExport < this.#firstExport && waiting === undefined) this.#entries.delete(tags);
    }
    // The attributes of the others are found again with the next point.
    this.#known.clear();
  }
}
