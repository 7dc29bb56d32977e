import { HistogramTotals } from './histogram.ts';
import type { ReaderHistogram } from './histogram.ts';

/** The sum of a histogram's values, for a reader that wants nothing else of them. */
export class HistogramSum implements ReaderHistogram {
  readonly #totals = new HistogramTotals();

  get count(): number {
    return this.#totals.count;
  }

  add(values: readonly number[]): void {
    this.#totals.add(values);
  }

  collect(): number {
    return this.#totals.sum();
  }

  takeAll(): number {
    const sum = this.collect();
    this.#totals.reset();
    return sum;
  }
}
