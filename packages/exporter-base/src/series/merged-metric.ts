import type { Attributes } from '@opentelemetry/api';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { AttributesMap } from './attributes-map.ts';
import { PendingSeries, type SeriesEntry, type SeriesMetric } from './pending-series.ts';
import type { Metric, Value } from './points.ts';
import type { ReceivedMetric } from './received.ts';
import type { WireMetric } from './series.ts';
import type { TagWriter } from './tags.ts';

/** A metric of an export, whose points are to be read. */
export interface Source {
  readonly metric: ReceivedMetric;
  readonly wire: WireMetric;
  readonly exportNumber: number;
}

/** All metrics that have one name and type on the wire, and for histograms one unit. Their equal series are one. */
export class MergedMetric implements SeriesMetric {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  baseName: string;
  formerOwner: string | undefined = undefined;
  checkedVersion = 0;
  /** Metrics whose points are read into it in this batch. */
  sources: Source[] = [];
  /** Series that are sent in this batch. */
  pending: PendingSeries[] = [];
  readonly #entries = new Map<string, SeriesEntry>();
  /** Entries by the attributes of their points. Only for tags of one writer: another one writes other tags. */
  readonly #known = new AttributesMap<SeriesEntry>();
  #writer: TagWriter | undefined;
  /** The number of the first export of the batch that is being read, or was read last. */
  #firstExport = 0;
  /** How many points that batch had. */
  #points = 0;
  #usedEntries = 0;

  constructor({ type, name, unit }: Pick<SeriesMetric, 'type' | 'name' | 'unit'>) {
    this.type = type;
    this.name = name;
    this.unit = unit;
    this.baseName = name;
  }

  /** Begins to read a batch. Forgets the series that the last batch didn't have, when they are more than half. */
  beginReading(firstExport: number): void {
    if (this.#firstExport === firstExport) return;
    if (this.#usedEntries * 2 < this.#entries.size) this.#tidy();
    // More attributes are known than came: many of them were for one series, or they are new objects in each export.
    if (this.#points * 2 < this.#known.size) this.#known.clear();
    this.#known.restart();
    this.#firstExport = firstExport;
    this.#points = 0;
    this.#usedEntries = 0;
  }

  /** Takes a point into its series. @returns whether it is the first one of the series in this export */
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

  /** Forgets what was to be read or sent, when nobody wants the rest of the batch. */
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
