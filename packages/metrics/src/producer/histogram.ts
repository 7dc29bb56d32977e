import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics';

/** The value of a histogram's point; a number where the reader wants only the sum. */
export type HistogramValue = Histogram | ExponentialHistogram | number;

/** What one reader has of one series of a histogram. */
export interface ReaderHistogram {
  /** Of all values that were added. */
  readonly count: number;
  add(values: readonly number[]): void;
  /** Ends an interval. The value shares nothing with what is added later. */
  collect(): HistogramValue;
  /** The same, and forgets everything. */
  takeAll(): HistogramValue;
}

/** Count, sum, minimum and maximum of a histogram. */
export class HistogramTotals {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #sum = 0;
  /** Apart from `sum`, because the SDK too adds up an interval by itself first, and the order changes the last digits. */
  #sumOfInterval = 0;

  add(values: readonly number[]): void {
    let { min, max } = this;
    let sum = this.#sumOfInterval;
    for (const value of values) {
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.count += values.length;
    this.#sumOfInterval = sum;
    this.min = min;
    this.max = max;
  }

  /** Forgets everything. */
  reset(): void {
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.#sum = 0;
    this.#sumOfInterval = 0;
  }

  /** Ends an interval. @returns the sum of all of them */
  sum(): number {
    this.#sum += this.#sumOfInterval;
    this.#sumOfInterval = 0;
    return this.#sum;
  }
}
