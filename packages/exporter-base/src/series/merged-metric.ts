import type { Attributes } from '@opentelemetry/api';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { AttributesMap } from './attributes-map.ts';
import { PendingSeries, type SeriesEntry, type SeriesMetric } from './pending-series.ts';
import type { Metric, Value } from './points.ts';
import type { ReceivedMetric } from './received.ts';
import type { WireMetric } from './series.ts';
import type { TagWriter } from './tags.ts';

/** A metric of an export. */
export interface Source {
  readonly metric: ReceivedMetric;
  readonly wire: WireMetric;
  readonly exportNumber: number;
}

/** All metrics that have one name, type and unit on the wire. */
export class MergedMetric implements SeriesMetric {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  baseName: string;
  formerOwner: string | undefined = undefined;
  checkedVersion = 0;
  /** What is to be read in this export. */
  sources: Source[] = [];
  /** What is to be sent. */
  pending: PendingSeries[] = [];
  readonly #entries = new Map<string, SeriesEntry>();
  /** By their attributes, as far as one writer wrote their tags. */
  readonly #known = new AttributesMap<SeriesEntry>();
  #writer: TagWriter | undefined;
  /** The number of the export with which the reading began that is under way, or was the last. */
  #firstExport = 0;
  /** What that reading brought. */
  #points = 0;
  #usedEntries = 0;

  constructor({ type, name, unit }: Pick<SeriesMetric, 'type' | 'name' | 'unit'>) {
    this.type = type;
    this.name = name;
    this.unit = unit;
    this.baseName = name;
  }

  /** Begins to read exports. What the reading before didn't bring is forgotten when it is the larger part. */
  beginReading(firstExport: number): void {
    if (this.#firstExport === firstExport) return;
    if (this.#usedEntries * 2 < this.#entries.size) this.#tidy();
    // Many attributes may be one series, where tags are left out, and frozen ones may be others each time.
    if (this.#points * 2 < this.#known.size) this.#known.clear();
    this.#known.restart();
    this.#firstExport = firstExport;
    this.#points = 0;
    this.#usedEntries = 0;
  }

  /** @returns whether it is the series' first point in this export */
  take(source: Source, { attributes, startTime, endTime }: DataPoint<unknown>, value: Value): boolean {
    const entry = this.#entryOf(source.wire.tags, attributes);
    this.#points += 1;
    const isFirst = entry.lastExport !== source.exportNumber;
    if (entry.lastExport < this.#firstExport) this.#usedEntries += 1;
    entry.lastExport = source.exportNumber;
    if (entry.waiting === undefined) {
      entry.waiting = new PendingSeries(this, entry, value, startTime, endTime);
      this.pending.push(entry.waiting);
    } else {
      entry.waiting.add(value, startTime, endTime);
    }
    return isFirst;
  }

  /** Leaves out what was planned and not read. */
  abandon(): void {
    for (const { entry } of this.pending) entry.waiting = undefined;
    this.pending = [];
    this.sources = [];
  }

  #tidy(): void {
    for (const [tags, { lastExport, waiting }] of this.#entries) {
      if (lastExport < this.#firstExport && waiting === undefined) this.#entries.delete(tags);
    }
    // The attributes of the others are found again with the next point.
    this.#known.clear();
  }

  #entryOf(writer: TagWriter, attributes: Attributes): SeriesEntry {
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
}
