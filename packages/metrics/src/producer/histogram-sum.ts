import type { ReaderHistogram } from './histogram.ts';

/** The sum of a histogram's values, for a reader that wants nothing else of them. */
export class HistogramSum implements ReaderHistogram {
  count = 0;
  #sum = 0;
  /** Apart from `sum`, as in `HistogramTotals`. */
  #sumOfInterval = 0;

  add(values: readonly number[]): void {
    this.count += values.length;
    for (const value of values) this.#sumOfInterval += value;
  }

  collect(): number {
    this.#sum += this.#sumOfInterval;
    this.#sumOfInterval = 0;
    return this.#sum;
  }

  takeAll(): number {
    const sum = this.collect();
    this.count = 0;
    this.#sum = 0;
    return sum;
  }
}
