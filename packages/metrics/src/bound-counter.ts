import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** A counter of one series, bound once by `metrics.counter`. */
export class BoundCounter {
  readonly #incrUnbound: (value: number) => void;
  readonly #find: () => Cell | undefined;
  #cell: Cell | undefined;
  #generation = 0;

  /** @internal */
  constructor(incrUnbound: (value: number) => void, find: () => Cell | undefined) {
    this.#incrUnbound = incrUnbound;
    this.#find = find;
  }

  /**
   * Adds to the counter.
   *
   * @param value zero or more
   */
  incr(value = 1): void {
    const cell = this.#cell;
    if (
      cell !== undefined &&
      cell.warm &&
      this.#generation === shared.generation &&
      typeof value === 'number' &&
      value >= 0 &&
      value <= Number.MAX_VALUE
    ) {
      cell.held += value;
      cell.calls += 1;
    } else {
      // A first value, a value that is none, a series that was let go, another MeterProvider: the long way knows.
      this.#incrUnbound(value);
      this.#cell = this.#find();
      this.#generation = shared.generation;
    }
  }
}
