import { mergeHistograms } from '@tallykit/exporter-base/histograms';
import type { HistogramValue } from '@tallykit/exporter-base';
import { NO_VALUES, summarise, type Cell, type DistributionSummary, type PointValue } from './cells.ts';
import type { SeriesType } from './identity.ts';
import { WEIGHTS } from './limits.ts';
import type { Buckets } from './rollups.ts';
import type { Turn } from './turns.ts';

/** The fields of a distribution, in their order in a column. */
const FIELDS = [
  'count',
  'sum',
  'min',
  'max',
  'p50',
  'p95',
  'p99',
] as const satisfies (keyof DistributionSummary)[];

/** How many numbers a column has for each bucket. */
export const WIDTHS: Readonly<Record<SeriesType, number>> = {
  counter: 1,
  gauge: 1,
  distribution: FIELDS.length,
};

/**
 * How many bytes the merged histogram of a bucket takes until it has become its numbers. Only distributions of several
 * series are merged.
 */
export const BYTES_PER_HISTOGRAM = 800;

/** What several series of one type show together in each bucket. Numbers in place of objects, because there are many. */
export class Column {
  readonly type: SeriesType;
  /** `WIDTHS[type]` numbers for each bucket; NaN for what is unknown. */
  readonly #numbers: Float64Array;

  constructor(type: SeriesType, numbers: Float64Array) {
    this.type = type;
    this.#numbers = numbers;
  }

  pointAt(index: number): PointValue {
    if (this.type !== 'distribution') return known(this.#numbers[index]!);
    const start = index * FIELDS.length;
    const count = this.#numbers[start]!;
    if (count === 0) return NO_VALUES;
    const [sum, min, max, p50, p95, p99] = this.#numbers.subarray(
      start + 1,
      start + FIELDS.length,
    ) as unknown as readonly [number, number, number, number, number, number];
    return {
      count,
      sum: known(sum),
      min: known(min),
      max: known(max),
      p50: known(p50),
      p95: known(p95),
      p99: known(p99),
    };
  }

  /** What the series is in comparison with others: the sum of its values without their signs, or how many they are. */
  get size(): number {
    const width = WIDTHS[this.type];
    let size = 0;
    for (let at = 0; at < this.#numbers.length; at += width) size += Math.abs(this.#numbers[at]!) || 0;
    return size;
  }
}

function known(number: number): number | null {
  return Number.isNaN(number) ? null : number;
}

/** How gauges are shown whose values come once in a while. */
export interface Carrying {
  /** How long after its end a bucket may still get values, in seconds: as long as gauges take from one value to the next. */
  readonly flushSeconds: number;
  /** Buckets that end after this moment, in seconds since 1970, may still get values. */
  readonly completeUntil: number;
}

/** What reads one series of a column. */
export interface SeriesCells {
  /** What a bucket holds. A negative number is that of a bucket before the first. */
  cellAt(index: number): Cell;
  /** What a bucket of a distribution shows, where that can be found faster than by its cell. */
  summaryAt?(index: number): DistributionSummary;
}

/** Adds up series of one type, in steps that are counted. */
export abstract class ColumnBuilder {
  protected readonly numbers: Float64Array;
  readonly #type: SeriesType;
  readonly #count: number;

  constructor(type: SeriesType, buckets: Buckets) {
    this.#type = type;
    this.#count = buckets.count;
    this.numbers = new Float64Array(buckets.count * WIDTHS[type]);
  }

  async add(series: SeriesCells, turn: Turn): Promise<void> {
    this.begin(series);
    for (let index = -this.ahead; index < this.#count; index += 1) {
      while (!turn.take(WEIGHTS[this.#type])) await turn.next();
      this.put(index, series);
    }
  }

  async finish(turn: Turn): Promise<Column> {
    await this.end(turn);
    return new Column(this.#type, this.numbers);
  }

  /** How many buckets before the first are needed as well. */
  get ahead(): number {
    return 0;
  }

  protected begin(_series: SeriesCells): void {}
  protected abstract put(index: number, series: SeriesCells): void;
  protected async end(_turn: Turn): Promise<void> {}
}

class CounterColumn extends ColumnBuilder {
  protected put(index: number, series: SeriesCells): void {
    this.numbers[index]! += (series.cellAt(index) as number | undefined) ?? 0;
  }
}

/**
 * Gauges of several processes come at different moments. So that their sum is right in each bucket, a value counts in the
 * bucket after its own as well, if nothing came in that one; and where a bucket may still get values, in one more.
 */
class GaugeColumn extends ColumnBuilder {
  readonly #buckets: Buckets;
  readonly #carrying: Carrying;
  readonly #isFine: boolean;
  /** The values of the series in the two buckets before. */
  #former: readonly [Cell, Cell] = [undefined, undefined];

  constructor(buckets: Buckets, carrying: Carrying) {
    super('gauge', buckets);
    this.numbers.fill(Number.NaN);
    this.#buckets = buckets;
    this.#carrying = carrying;
    this.#isFine = buckets.rollup[0] <= carrying.flushSeconds;
  }

  override get ahead(): number {
    if (this.#carrying.flushSeconds === 0) return 0;
    return this.#isFine ? 2 : 1;
  }

  protected override begin(): void {
    this.#former = [undefined, undefined];
  }

  protected put(index: number, series: SeriesCells): void {
    const own = series.cellAt(index);
    const shown = (own ?? this.#carried(index)) as number | undefined;
    this.#former = [own, this.#former[0]];
    if (index < 0 || shown === undefined) return;
    const sum = this.numbers[index]!;
    this.numbers[index] = Number.isNaN(sum) ? shown : sum + shown;
  }

  #carried(index: number): Cell {
    const { flushSeconds, completeUntil } = this.#carrying;
    if (flushSeconds === 0) return undefined;
    const isOpen = this.#buckets.endOf(index) > completeUntil;
    const [last, lastButOne] = this.#former;
    // A long bucket without a value is one in which the gauge was gone, unless it has only begun.
    if (!this.#isFine) return isOpen ? last : undefined;
    return last ?? (isOpen ? lastButOne : undefined);
  }
}

class DistributionColumn extends ColumnBuilder {
  readonly #merged: (HistogramValue | undefined)[] = [];
  readonly #isSingle: boolean;

  constructor(buckets: Buckets, isSingle: boolean) {
    super('distribution', buckets);
    this.#isSingle = isSingle;
  }

  protected put(index: number, series: SeriesCells): void {
    if (this.#isSingle && series.summaryAt) {
      this.#write(index, series.summaryAt(index));
      return;
    }
    const histogram = series.cellAt(index) as HistogramValue | undefined;
    if (histogram === undefined) return;
    if (this.#isSingle) {
      this.#write(index, summarise(histogram));
      return;
    }
    const before = this.#merged[index];
    this.#merged[index] = before === undefined ? histogram : mergeHistograms(before, histogram);
  }

  protected override async end(turn: Turn): Promise<void> {
    for (const [index, histogram] of this.#merged.entries()) {
      if (histogram === undefined) continue;
      while (!turn.take(WEIGHTS.distribution)) await turn.next();
      this.#write(index, summarise(histogram));
    }
  }

  #write(index: number, summary: DistributionSummary): void {
    const start = index * FIELDS.length;
    for (const [offset, field] of FIELDS.entries())
      this.numbers[start + offset] = summary[field] ?? Number.NaN;
  }
}

/** @param isSingle whether one series is all of it */
export function createColumn(
  type: SeriesType,
  buckets: Buckets,
  carrying: Carrying,
  isSingle: boolean,
): ColumnBuilder {
  switch (type) {
    case 'counter':
      return new CounterColumn(type, buckets);
    case 'gauge':
      return new GaugeColumn(buckets, carrying);
    case 'distribution':
      return new DistributionColumn(buckets, isSingle);
  }
}
