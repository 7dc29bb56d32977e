import type { HrTime } from '@opentelemetry/api';
import { mergeHistograms } from '../histogram/merge.ts';
import type { HistogramValue } from '../histogram/histogram.ts';
import type { Item, Failure } from './item.ts';
import { toMillis, type Metric, type Value } from './points.ts';
import type { Series } from './series.ts';

/** What the series of one metric on the wire have in common. */
export interface SeriesMetric {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  /** The name to which the names of derived series add something. */
  readonly baseName: string;
  /** The histogram whose derived series had this name, before a metric of the program came with it. */
  readonly formerOwner?: string | undefined;
}

/** One series of a metric. It is remembered as long as exports have points of it. */
export interface SeriesEntry {
  readonly tags: string;
  /** Its points that are not sent yet, if there are any. Points that come meanwhile are merged into them. */
  waiting: PendingSeries | undefined;
  /** The number of the export that had its last point. */
  lastExport: number;
}

/**
 * One series with the points that were merged into it. There is one for every series of every export, so it keeps what the
 * SDK hands over, and computes the rest when it is asked for.
 */
export class PendingSeries implements Item {
  openTexts = 0;
  isPartlySent = false;
  failure: Failure | undefined = undefined;
  points = 1;
  value: Value;
  /** The number of the batch after which it was kept for the first time; 0 for what was never kept. */
  keptSince = 0;
  /** The second that it was to be sent with, when it was not sent: it may have it again. */
  second: number | undefined = undefined;
  readonly metric: SeriesMetric;
  readonly entry: SeriesEntry;
  #start: HrTime;
  #end: HrTime;

  constructor(metric: SeriesMetric, entry: SeriesEntry, value: Value, start: HrTime, end: HrTime) {
    this.metric = metric;
    this.entry = entry;
    this.value = value;
    this.#start = start;
    this.#end = end;
  }

  get type(): Metric['type'] {
    return this.metric.type;
  }

  get name(): string {
    return this.metric.name;
  }

  get baseName(): string {
    return this.metric.baseName;
  }

  get formerOwner(): string | undefined {
    return this.metric.formerOwner;
  }

  get unit(): string {
    return this.metric.unit;
  }

  get tags(): string {
    return this.entry.tags;
  }

  get startMillis(): number {
    return toMillis(this.#start);
  }

  get endMillis(): number {
    return toMillis(this.#end);
  }

  /** The increases in it. */
  get amount(): number {
    return this.metric.type === 'sum' ? (this.value as number) : 0;
  }

  /** A metric has values of one kind. The compiler can't see that. */
  get series(): Series {
    return this as unknown as Series;
  }

  /**
   * Takes another point of the same series: sums add up, histograms add bucket by bucket, of two gauges the later one
   * stays (at equal times the second).
   */
  add(value: Value, start: HrTime, end: HrTime): void {
    // First, because it throws when a time is missing, and then nothing may have been added.
    const isLater = compare(end, this.#end) >= 0;
    const isEarlier = compare(start, this.#start) < 0;
    if (typeof value === 'object') this.value = mergeHistograms(this.value as HistogramValue, value);
    else if (this.metric.type === 'sum') this.value = (this.value as number) + value;
    else if (isLater) this.value = value;
    this.points += 1;
    if (isEarlier) this.#start = start;
    if (isLater) this.#end = end;
  }
}

function compare(first: HrTime, second: HrTime): number {
  return first[0] - second[0] || first[1] - second[1];
}
