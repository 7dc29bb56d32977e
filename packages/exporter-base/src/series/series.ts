import type { Refusal } from '../accounts/ledger.ts';
import type { HistogramValue } from '../histogram/histogram.ts';
import type { Metric, Value } from './points.ts';
import type { TagWriter } from './tags.ts';

/** Name and tags of one metric on the wire, and which of its values are sent. */
export interface WireMetric {
  /** The metric's name as it stands on the wire. */
  readonly name: string;
  /** Writes the tags as they stand on the wire. */
  readonly tags: TagWriter;
  /** Whether a value is sent (`undefined`), need not be sent (`'nothing'`), or is refused. Pure. */
  readonly filter: (value: Value) => Refusal | 'nothing' | undefined;
}

/** Gives the metrics of one resource their names on the wire. Pure. Called once for each metric of an export. */
export type Translate = (metric: Metric) => WireMetric | Refusal;

/** What every {@link Series} has. */
export interface SeriesFields {
  /** The name on the wire. */
  readonly name: string;
  /** The text of the tags on the wire, in a fixed order. */
  readonly tags: string;
  /** The instrument's unit (UCUM), empty when it has none. */
  readonly unit: string;
  /** Milliseconds since 1970, with a fraction. */
  readonly startMillis: number;
  /** Milliseconds since 1970, with a fraction. */
  readonly endMillis: number;
  /** How many points were merged into it. `amount` is the sum of their increases. */
  readonly points: number;
  /** The sum of the increases that were merged into it; zero for other kinds. */
  readonly amount: number;
}

/** A {@link Series} whose value is an increase (`sum`) or a current value (`gauge`). */
export interface NumberSeries extends SeriesFields {
  /** The kind of the series. */
  readonly type: 'sum' | 'gauge';
  /** The increase, or the current value. */
  readonly value: number;
}

/** A {@link Series} whose value is a histogram. */
export interface HistogramSeries extends SeriesFields {
  /** The kind of the series. */
  readonly type: 'histogram';
  /**
   * The name to which derived series add something, such as `.count`. It is the series' name, or another one where a metric
   * of the program has the name of a derived series.
   */
  readonly baseName: string;
  /** All values that were recorded. */
  readonly value: HistogramValue;
}

/**
 * One series, with all points merged into it that are equal on the wire. Some of its fields are computed when they are read,
 * and it may change later. So read the fields that you need, and don't spread or keep the object.
 */
export type Series = NumberSeries | HistogramSeries;

/** The texts of a series. Each of them is sent in one piece. There may be none. */
export type Texts = string | readonly string[];
