import type { Refusal } from '../accounts/ledger.ts';
import type { HistogramValue } from '../histogram/histogram.ts';
import type { Metric, Value } from './points.ts';
import type { TagWriter } from './tags.ts';

/** How the points of one metric are called on the wire. */
export interface WireMetric {
  /** The metric's name as it stands on the wire. */
  readonly name: string;
  /** Writes the tags as they stand on the wire. */
  readonly tags: TagWriter;
  /** What to do with a value: take it (`undefined`), skip it because it has nothing to say, or refuse it. Pure. */
  readonly filter: (value: Value) => Refusal | 'nothing' | undefined;
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
