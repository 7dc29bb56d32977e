import type { HrTime } from '@opentelemetry/api';
import { mergeHistograms, type HistogramValue } from './histogram.ts';
import type { Refusal } from './ledger.ts';
import { toMillis, type Metric, type Value } from './points.ts';
import type { TagWriter } from './tags.ts';
import type { Outcome } from './transport.ts';

/** How the points of one metric are called on the wire. */
export interface WireMetric {
  /** The metric's name as it stands on the wire. */
  readonly name: string;
  /** Writes the tags as they stand on the wire. */
  readonly tags: TagWriter;
  /** What to do with a value: take it (`undefined`), skip it because it has nothing to say, or refuse it. Pure. */
  readonly judge: (value: Value) => Refusal | 'nothing' | undefined;
}

/** How an exporter calls the metrics of one resource. Pure; asked once for each metric of an export. */
export type Translate = (metric: Metric) => WireMetric | Refusal;

/** What every {@link Series} has. */
export interface SeriesFields {
  /** As it stands on the wire. */
  readonly name: string;
  /** As they stand on the wire, in a fixed order. */
  readonly tags: string;
  readonly unit: string;
  /** Milliseconds since 1970, with a fraction. */
  readonly startMillis: number;
  readonly endMillis: number;
  /** How many points went into it, and the increases in them. */
  readonly points: number;
  readonly amount: number;
}

/** A {@link Series} of increases or of current values. */
export interface NumberSeries extends SeriesFields {
  readonly type: 'sum' | 'gauge';
  readonly value: number;
}

/** A {@link Series} of distributions. */
export interface HistogramSeries extends SeriesFields {
  readonly type: 'histogram';
  /**
   * What the names of series that are derived of it are made of: its name, or another one where that would give a name that
   * a metric of the program has.
   */
  readonly baseName: string;
  readonly value: HistogramValue;
}

/**
 * One series on its way, with all points that are equal on the wire merged into it. Some of its fields are computed when
 * they are read, and it may change later: take what you need, and don't spread or keep it.
 */
export type Series = NumberSeries | HistogramSeries;

/** The texts of a series, each to reach the server in one piece; none if it has nothing to say. */
export type Texts = string | readonly string[];

/** What can happen to a series or an event other than being delivered. */
export type Failure = Exclude<Outcome, { type: 'delivered' }> | Refusal;

/** A series or an event, on its way in one payload or several. */
export interface Cargo {
  /** Texts that are not settled, and one more while they are being packed. */
  openTexts: number;
  /** Some of it has left, or may have: it can't be sent again. */
  isPartlyGone: boolean;
  failure: Failure | undefined;
}

/** What the metrics of one wire name, type and unit have in common. */
export interface SeriesGroup {
  readonly type: Metric['type'];
  readonly name: string;
  readonly unit: string;
  /** What the names of derived series are made of. */
  readonly baseName: string;
  /** The histogram of which a series was derived that was called so before this metric came. */
  readonly formerOwner?: string | undefined;
}

/** The place of one series among those of its group, for as long as exports bring points of it. */
export interface Slot {
  readonly tags: string;
  /** What is not sent yet. Points that come meanwhile go into it. */
  waiting: SeriesCargo | undefined;
  /** The number of the export that brought its last point. */
  lastExport: number;
}

/**
 * One series with the points that went into it. Made for every point of every export, so it holds what the SDK hands
 * over and computes the rest when it is asked for.
 */
export class SeriesCargo implements Cargo {
  openTexts = 0;
  isPartlyGone = false;
  failure: Failure | undefined = undefined;
  points = 1;
  value: Value;
  /** The number of the send after which it was kept for the first time; 0 for what was never kept. */
  keptSince = 0;
  /** The second that it had when it was to be sent, and was not. */
  second: number | undefined = undefined;
  readonly group: SeriesGroup;
  readonly slot: Slot;
  #start: HrTime;
  #end: HrTime;

  constructor(group: SeriesGroup, slot: Slot, value: Value, start: HrTime, end: HrTime) {
    this.group = group;
    this.slot = slot;
    this.value = value;
    this.#start = start;
    this.#end = end;
  }

  get type(): Metric['type'] {
    return this.group.type;
  }

  get name(): string {
    return this.group.name;
  }

  get baseName(): string {
    return this.group.baseName;
  }

  get formerOwner(): string | undefined {
    return this.group.formerOwner;
  }

  get unit(): string {
    return this.group.unit;
  }

  get tags(): string {
    return this.slot.tags;
  }

  get startMillis(): number {
    return toMillis(this.#start);
  }

  get endMillis(): number {
    return toMillis(this.#end);
  }

  /** The increases in it. */
  get amount(): number {
    return this.group.type === 'sum' ? (this.value as number) : 0;
  }

  /** A group has values of one kind, which the compiler can't see. */
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
    else if (this.group.type === 'sum') this.value = (this.value as number) + value;
    else if (isLater) this.value = value;
    this.points += 1;
    if (isEarlier) this.#start = start;
    if (isLater) this.#end = end;
  }
}

function compare(first: HrTime, second: HrTime): number {
  return first[0] - second[0] || first[1] - second[1];
}
