import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics';
import { MAX_VALUES } from '../record.ts';
import { bucketIndexOf, MAX_SCALE } from './bucket-index.ts';
import { HistogramTotals } from './histogram.ts';
import type { ReaderHistogram } from './histogram.ts';

/** Of as many buckets as readers usually want. */
const ZEROS: readonly number[] = Array.from({ length: 640 }, () => 0);

/** A copy of an array costs less than one that is made and then filled. */
function emptyBuckets(length: number): number[] {
  return length <= ZEROS.length ? ZEROS.slice(0, length) : new Array<number>(length).fill(0);
}

/** The indexes of the values that are being added. One for all histograms, because adding waits for nothing. */
const indexes = new Int32Array(MAX_VALUES);

/** What is recorded is never below zero. One object for all points. */
const NO_BUCKETS: ExponentialHistogram['negative'] = { offset: 0, bucketCounts: [] };
Object.freeze(NO_BUCKETS.bucketCounts);
Object.freeze(NO_BUCKETS);

/** A histogram with exponential buckets: of the finest scale at which all values fit into `maxSize` buckets. */
export class ExponentialBuckets implements ReaderHistogram {
  readonly #maxSize: number;
  readonly #hasMinMax: boolean;
  readonly #totals = new HistogramTotals();
  #zeros = 0;
  #scale = MAX_SCALE;
  /** The index of the first bucket. */
  #offset = 0;
  #counts: number[] = [];

  constructor(maxSize: number, hasMinMax: boolean) {
    this.#maxSize = maxSize;
    this.#hasMinMax = hasMinMax;
  }

  get count(): number {
    return this.#totals.count;
  }

  /** @param values at most {@link MAX_VALUES} */
  add(values: readonly number[]): void {
    this.#totals.add(values);
    let length = 0;
    let least = Infinity;
    let most = -Infinity;
    for (const value of values) {
      if (value === 0) continue;
      const index = bucketIndexOf(value);
      indexes[length] = index;
      length += 1;
      if (index < least) least = index;
      if (index > most) most = index;
    }
    this.#zeros += values.length - length;
    if (length === 0) return;
    this.#makeRoom(least, most);
    const shift = MAX_SCALE - this.#scale;
    const offset = this.#offset;
    const counts = this.#counts;
    for (let place = 0; place < length; place += 1) counts[(indexes[place]! >> shift) - offset]! += 1;
  }

  collect(): ExponentialHistogram {
    return this.#valueWith(this.#counts.slice());
  }

  takeAll(): ExponentialHistogram {
    const value = this.#valueWith(this.#counts);
    this.#totals.reset();
    this.#zeros = 0;
    this.#scale = MAX_SCALE;
    this.#offset = 0;
    this.#counts = [];
    return value;
  }

  #valueWith(bucketCounts: number[]): ExponentialHistogram {
    const { count, min, max } = this.#totals;
    return {
      count,
      sum: this.#totals.sum(),
      min: this.#hasMinMax ? min : (undefined as never),
      max: this.#hasMinMax ? max : (undefined as never),
      zeroCount: this.#zeros,
      scale: this.#counts.length === 0 ? 0 : this.#scale,
      positive: { offset: this.#offset, bucketCounts },
      negative: NO_BUCKETS,
    };
  }

  /**
   * Makes buckets for a range of indexes, coarser ones if there would be too many.
   *
   * @param least of `MAX_SCALE`, as is `most`
   */
  #makeRoom(least: number, most: number): void {
    const shift = MAX_SCALE - this.#scale;
    let first = least >> shift;
    let last = most >> shift;
    if (this.#counts.length > 0) {
      first = Math.min(first, this.#offset);
      last = Math.max(last, this.#offset + this.#counts.length - 1);
    }
    let coarser = 0;
    while ((last >> coarser) - (first >> coarser) >= this.#maxSize) coarser += 1;
    first >>= coarser;
    last >>= coarser;
    if (coarser === 0 && last - first < this.#counts.length) return;
    const counts = emptyBuckets(last - first + 1);
    for (const [bucket, count] of this.#counts.entries()) {
      counts[((this.#offset + bucket) >> coarser) - first]! += count;
    }
    this.#scale -= coarser;
    this.#offset = first;
    this.#counts = counts;
  }
}
