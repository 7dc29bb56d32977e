import type { HrTime } from '@opentelemetry/api';
import { mergeHistograms } from '../histogram/merge.ts';
import type { HistogramValue } from '../histogram/histogram.ts';
import type { Item, Failure } from './item.ts';
import { toMillis, type Metric, type Value } from './points.ts';
import type { Series } from './series.ts';

/** What the metrics of one wire name, type and unit have in common. */
export interface SeriesMetric {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  /** What the names of derived series are made of. */
  readonly baseName: string;
  /** The histogram of which a series was derived that was called so before this metric came. */
  readonly formerOwner?: string | undefined;
}

/** The place of one series among those of its metric, for as long as exports bring points of it. */
export interface SeriesEntry {
  readonly tags: string;
  /** What is not sent yet. Points that come meanwhile go into it. */
  waiting: PendingSeries | undefined;
  /** The number of the export that brought its last point. */
  lastExport: number;
}

/**
 * One series with the points that went into it. Made for every point of every export, so it holds what the SDK hands
 * over and computes the rest when it is asked for.
 */
export class PendingSeries implements Item {
  openTexts = 0;
  isPartlySent = false;
  failure: Failure | undefined = undefined;
  points = 1;
  value: Value;
  /** The number of the batch after which it was kept for the first time; 0 for what was never kept. */
  keptSince = 0;
  /** The second that it had when it was to be sent, and was not. */
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

  /** A metric has values of one kind, which the compiler can't see. */
  get series(): Series {
    return this as unknown as Series;
  }

  /**
   * Takes another point of the same series: sums add up, histograms add bucket by bucket, of two gauges the later one
   * stays (at equal times the second).
   */
  add(value: Value, start: HrTime, end: HrTime): void {
    // First of all: they throw when a time is missing, and then nothing may have been added.
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
