import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/**
 * A counter of one series. `metrics.counter` makes it.
 *
 * @example
 * const hits = metrics.counter('http.hits', { route: '/' });
 * hits.incr();
 */
export class BoundCounter {
  readonly #record: (value: number) => Cell | undefined;
  #cell: Cell | undefined;
  #generation = 0;

  /**
   * @param record records a value like `incr` of `Metrics`, and returns the cell that may hold the next ones
   * @internal
   */
  constructor(record: (value: number) => Cell | undefined) {
    this.#record = record;
  }

  /**
   * Adds to the counter. What can't be recorded is counted in `stats()` of the `Metrics`. Throws nothing, except a
   * `TagRuleError` where `tagRules` ask for it. It may be called without the counter: `const { incr } = counter`.
   *
   * @param value zero or more
   */
  readonly incr = (value = 1): void => {
    const cell = this.#cell;
    if (
      cell !== undefined &&
      cell.canHold &&
      this.#generation === shared.generation &&
      typeof value === 'number' &&
      value >= 0 &&
      value <= Number.MAX_VALUE
    ) {
      cell.metric.meter.registry.recorded += 1;
      cell.held += value;
      cell.calls += 1;
    } else {
      // This is a first value, a value that can't be recorded, or the cell can hold no values or belongs to an earlier
      // generation. `#record` deals with all of these.
      this.#cell = this.#record(value);
      this.#generation = shared.generation;
    }
  };
}
