import type { Histogram } from '@opentelemetry/sdk-metrics';
import { HistogramTotals } from './histogram.ts';
import type { ReaderHistogram } from './histogram.ts';

/** A histogram whose buckets end at boundaries: a value that is a boundary belongs to the bucket that it ends. */
export class ExplicitBuckets implements ReaderHistogram {
  readonly #boundaries: number[];
  readonly #hasMinMax: boolean;
  readonly #totals = new HistogramTotals();
  #counts: number[];

  /** @param boundaries finite, in their order */
  constructor(boundaries: number[], hasMinMax: boolean) {
    this.#boundaries = boundaries;
    this.#hasMinMax = hasMinMax;
    this.#counts = this.#noCounts();
  }

  get count(): number {
    return this.#totals.count;
  }

  add(values: readonly number[]): void {
    this.#totals.add(values);
    const counts = this.#counts;
    const boundaries = this.#boundaries;
    for (const value of values) counts[bucketOf(value, boundaries)]! += 1;
  }

  collect(): Histogram {
    const { count, min, max } = this.#totals;
    return {
      count,
      sum: this.#totals.sum(),
      ...(this.#hasMinMax ? { min, max } : { min: undefined, max: undefined }),
      buckets: { boundaries: this.#boundaries, counts: this.#counts.slice() },
    } as Histogram;
  }

  takeAll(): Histogram {
    const value = this.collect();
    this.#totals.reset();
    this.#counts.fill(0);
    return value;
  }

  #noCounts(): number[] {
    return new Array<number>(this.#boundaries.length + 1).fill(0);
  }
}

function bucketOf(value: number, boundaries: readonly number[]): number {
  let first = 0;
  let end = boundaries.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if (value <= boundaries[middle]!) end = middle;
    else first = middle + 1;
  }
  return first;
}
