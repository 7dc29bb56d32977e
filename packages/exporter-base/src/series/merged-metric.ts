import type { DataPoint } from '@opentelemetry/sdk-metrics';
import { PendingSeries, type SeriesMetric } from './pending-series.ts';
import type { Metric, Value } from './points.ts';
import type { ReceivedMetric } from './received.ts';
import { SeriesEntries } from './series-entries.ts';
import type { WireMetric } from './series.ts';

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
  readonly #entries = new SeriesEntries();

  constructor({ type, name, unit }: Pick<SeriesMetric, 'type' | 'name' | 'unit'>) {
    this.type = type;
    this.name = name;
    this.unit = unit;
    this.baseName = name;
  }

  /** Begins to read a batch. @param firstExport the number of its first export */
  beginReading(firstExport: number): void {
    this.#entries.beginReading(firstExport);
  }

  /** Takes a point into its series. @returns whether it is the first one of the series in this export */
  take(source: Source, { attributes, startTime, endTime }: DataPoint<unknown>, value: Value): boolean {
    const entry = this.#entries.of(source.wire.tags, attributes);
    const isFirst = this.#entries.use(entry, source.exportNumber);
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
}
