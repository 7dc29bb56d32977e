import type { ExponentialBuckets, ExponentialHistogram, HistogramValue } from '@tallykit/exporter-base';
import { mergeHistograms } from '@tallykit/exporter-base/histograms';
import { boundedHistogram, NO_VALUES, summarise, type Cell, type DistributionSummary } from './cells.ts';
import type { SeriesType } from './identity.ts';
import { SPARE_BUCKETS, type Rollup } from './rollups.ts';

/** Where the rings of a series lie in its arrays: one after the other. All series of a store have the same layout. */
export class RingLayout {
  readonly rollups: readonly Rollup[];
  /** How many buckets of each rollup are stored. */
  readonly capacities: readonly number[];
  readonly offsets: readonly number[];
  /** Buckets of all rollups. */
  readonly slots: number;
  /** How many buckets of its own each stored distribution has. */
  readonly histogramBuckets: number;

  constructor(rollups: readonly Rollup[], histogramBuckets: number) {
    this.rollups = rollups;
    this.histogramBuckets = histogramBuckets;
    this.capacities = rollups.map(([, samples]) => samples + SPARE_BUCKETS);
    let slots = 0;
    this.offsets = this.capacities.map((capacity) => (slots += capacity) - capacity);
    this.slots = slots;
  }
}

/** Numbers below this one never add up to more than the largest number: nobody has the time to record so many. */
const HUGE = 1e290;

/**
 * The history of one series: for each rollup a ring of buckets, all of them allocated at once, so that a series costs the
 * same from its first value to its last.
 */
export abstract class Ring {
  protected readonly layout: RingLayout;
  /** The number (seconds / rollup) of the newest bucket in each ring. */
  readonly #newest: Float64Array;

  constructor(layout: RingLayout) {
    this.layout = layout;
    this.#newest = new Float64Array(layout.rollups.length).fill(-Infinity);
  }

  /** Writes a value into its bucket of every rollup that reaches back to it; returns how many do. */
  record(seconds: number, value: number | HistogramValue): number {
    let written = 0;
    for (let index = 0; index < this.layout.rollups.length; index++) {
      const slot = this.#slotFor(index, Math.floor(seconds / this.layout.rollups[index]![0]));
      if (slot < 0) continue;
      this.put(slot, value);
      written += 1;
    }
    return written;
  }

  /** Gives up what is later than a moment by more than one bucket, because the clock was set back to it. */
  forgetAfter(seconds: number): void {
    for (const [index, [length]] of this.layout.rollups.entries()) {
      const newest = this.#newest[index]!;
      const latest = Math.floor(seconds / length) + 1;
      if (newest <= latest) continue;
      const first = Math.max(latest + 1, newest - this.layout.capacities[index]! + 1);
      for (let each = first; each <= newest; each += 1) this.clear(this.#slot(index, each));
      this.#newest[index] = latest;
    }
  }

  /** Whether no bucket's total would grow beyond the largest number, which could never be corrected. */
  hasRoomFor(seconds: number, value: number | HistogramValue): boolean {
    const amount = (typeof value === 'number' ? value : value.sum) ?? 0;
    if (Math.abs(amount) < HUGE) return true;
    return this.layout.rollups.every(([length], index) =>
      Number.isFinite(this.total(index, Math.floor(seconds / length) * length) + amount),
    );
  }

  /** What the bucket that begins at `bucket` holds at the time `now`, both in seconds since 1970. */
  read(rollupIndex: number, bucket: number, now: number): Cell {
    const slot = this.find(rollupIndex, bucket, now);
    return slot < 0 ? undefined : this.get(slot);
  }

  /** What the values in a bucket have been added up to; 0 where nothing is added. */
  protected abstract total(rollupIndex: number, bucket: number): number;
  protected abstract put(slot: number, value: number | HistogramValue): void;
  protected abstract get(slot: number): Cell;
  protected abstract clear(slot: number): void;

  /** The slot of a bucket, or -1 when there is none, or none any more. */
  protected find(rollupIndex: number, bucket: number, now: number): number {
    const seconds = this.layout.rollups[rollupIndex]![0];
    const newest = this.#newest[rollupIndex]!;
    const number = Math.floor(bucket / seconds);
    // An idle series still has buckets that are too old by now.
    const latest = Math.max(newest, Math.floor(now / seconds));
    const isStored = number <= newest && number > latest - this.layout.capacities[rollupIndex]!;
    return isStored ? this.#slot(rollupIndex, number) : -1;
  }

  /** The slot to write a bucket to, or -1 when the ring has moved on. */
  #slotFor(rollupIndex: number, number: number): number {
    const capacity = this.layout.capacities[rollupIndex]!;
    const newest = this.#newest[rollupIndex]!;
    if (number <= newest - capacity) return -1;
    if (number > newest) {
      if (newest !== -Infinity) {
        const first = Math.max(newest + 1, number - capacity + 1);
        for (let each = first; each <= number; each++) this.clear(this.#slot(rollupIndex, each));
      }
      this.#newest[rollupIndex] = number;
    }
    return this.#slot(rollupIndex, number);
  }

  #slot(rollupIndex: number, number: number): number {
    return this.layout.offsets[rollupIndex]! + (number % this.layout.capacities[rollupIndex]!);
  }
}

class CounterRing extends Ring {
  readonly #amounts: Float64Array;

  constructor(layout: RingLayout) {
    super(layout);
    this.#amounts = new Float64Array(layout.slots);
  }

  protected total(rollupIndex: number, bucket: number): number {
    const slot = this.find(rollupIndex, bucket, bucket);
    return slot < 0 ? 0 : this.#amounts[slot]!;
  }

  protected put(slot: number, value: number): void {
    this.#amounts[slot]! += value;
  }

  protected get(slot: number): number {
    return this.#amounts[slot]!;
  }

  protected clear(slot: number): void {
    this.#amounts[slot] = 0;
  }
}

class GaugeRing extends Ring {
  readonly #values: Float64Array;

  constructor(layout: RingLayout) {
    super(layout);
    this.#values = new Float64Array(layout.slots).fill(Number.NaN);
  }

  protected total(): number {
    return 0;
  }

  protected put(slot: number, value: number): void {
    this.#values[slot] = value;
  }

  protected get(slot: number): number | undefined {
    return known(this.#values[slot]!);
  }

  protected clear(slot: number): void {
    this.#values[slot] = Number.NaN;
  }
}

/** Of each distribution: count, sum, minimum, maximum, zeros, and three quantiles (NaN until they are asked for). */
const TOTALS = 8;
const FIRST_QUANTILE = 5;
/** Of each distribution: scale, and offset and number of buckets of both halves. */
const SHAPES = 5;
/** The largest count of one bucket, a 32-bit number. The distribution's own count may be larger. */
const MAX_BUCKET_COUNT = 2 ** 32 - 1;

/** The history of a distribution. Finding quantiles takes long, so they are kept until the next value comes. */
export class DistributionRing extends Ring {
  readonly #totals: Float64Array;
  readonly #shapes: Int32Array;
  readonly #counts: Uint32Array;

  constructor(layout: RingLayout) {
    super(layout);
    this.#totals = new Float64Array(layout.slots * TOTALS);
    this.#shapes = new Int32Array(layout.slots * SHAPES);
    this.#counts = new Uint32Array(layout.slots * layout.histogramBuckets);
  }

  /** Like `read`, with the quantiles. */
  readSummary(rollupIndex: number, bucket: number, now: number): DistributionSummary {
    const slot = this.find(rollupIndex, bucket, now);
    if (slot < 0) return NO_VALUES;
    const start = slot * TOTALS;
    const count = this.#totals[start]!;
    if (count === 0) return NO_VALUES;
    if (Number.isNaN(this.#totals[start + FIRST_QUANTILE]!)) {
      const { p50, p95, p99 } = summarise(this.get(slot)!);
      this.#totals.set([p50!, p95!, p99!], start + FIRST_QUANTILE);
    }
    return {
      count,
      sum: known(this.#totals[start + 1]!) ?? null,
      min: known(this.#totals[start + 2]!) ?? null,
      max: known(this.#totals[start + 3]!) ?? null,
      p50: this.#totals[start + FIRST_QUANTILE]!,
      p95: this.#totals[start + FIRST_QUANTILE + 1]!,
      p99: this.#totals[start + FIRST_QUANTILE + 2]!,
    };
  }

  protected total(rollupIndex: number, bucket: number): number {
    const slot = this.find(rollupIndex, bucket, bucket);
    return slot < 0 ? 0 : (this.get(slot)?.sum ?? 0);
  }

  protected put(slot: number, value: HistogramValue): void {
    const before = this.get(slot);
    const merged = before === undefined ? value : mergeHistograms(before, value);
    const count = this.#totals[slot * TOTALS]! + value.count;
    this.#set(slot, count, boundedHistogram(merged, this.layout.histogramBuckets));
  }

  protected get(slot: number): ExponentialHistogram | undefined {
    const start = slot * TOTALS;
    const count = this.#totals[start]!;
    if (count === 0) return undefined;
    const zeroCount = this.#totals[start + 4]!;
    const [scale, offset, length, negativeOffset, negativeLength] = this.#shapes.subarray(
      slot * SHAPES,
      (slot + 1) * SHAPES,
    ) as unknown as Shape;
    const positive = { offset, bucketCounts: this.#half(slot, 0, length) };
    const negative = { offset: negativeOffset, bucketCounts: this.#half(slot, length, negativeLength) };
    return {
      type: 'exponential',
      count: count <= MAX_BUCKET_COUNT ? count : zeroCount + countOf(positive) + countOf(negative),
      sum: known(this.#totals[start + 1]!),
      min: known(this.#totals[start + 2]!),
      max: known(this.#totals[start + 3]!),
      scale,
      zeroCount,
      positive,
      negative,
    };
  }

  protected clear(slot: number): void {
    this.#totals[slot * TOTALS] = 0;
  }

  #half(slot: number, from: number, length: number): number[] {
    const start = slot * this.layout.histogramBuckets + from;
    return Array.from(this.#counts.subarray(start, start + length));
  }

  #set(slot: number, count: number, histogram: ExponentialHistogram): void {
    const { sum = Number.NaN, min = Number.NaN, max = Number.NaN, scale, zeroCount } = histogram;
    const { positive, negative } = histogram;
    this.#totals.set([count, sum, min, max, zeroCount, Number.NaN], slot * TOTALS);
    const { length } = positive.bucketCounts;
    const shape = [scale, positive.offset, length, negative.offset, negative.bucketCounts.length];
    this.#shapes.set(shape, slot * SHAPES);
    const start = slot * this.layout.histogramBuckets;
    for (const [index, each] of [...positive.bucketCounts, ...negative.bucketCounts].entries()) {
      this.#counts[start + index] = Math.min(each, MAX_BUCKET_COUNT);
    }
  }
}

type Shape = readonly [
  scale: number,
  offset: number,
  length: number,
  negativeOffset: number,
  negativeLength: number,
];

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

function countOf({ bucketCounts }: ExponentialBuckets): number {
  return bucketCounts.reduce((total, count) => total + count, 0);
}

export function createRing(type: SeriesType, layout: RingLayout): Ring {
  switch (type) {
    case 'counter':
      return new CounterRing(layout);
    case 'gauge':
      return new GaugeRing(layout);
    case 'distribution':
      return new DistributionRing(layout);
  }
}

/** What a series takes besides its buckets: objects, its place in the tables, its tags. Measured, and rounded up. */
const SERIES_OVERHEAD_BYTES = 1300;

/** How many bytes a series of a type takes from its first value to its last. */
export function bytesPerSeries(type: SeriesType, { slots, histogramBuckets }: RingLayout): number {
  const bytesPerSlot = type === 'distribution' ? TOTALS * 8 + SHAPES * 4 + histogramBuckets * 4 : 8;
  return SERIES_OVERHEAD_BYTES + slots * bytesPerSlot;
}
