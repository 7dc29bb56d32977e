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
  readonly #incrUnbound: (value: number) => void;
  readonly #find: () => Cell | undefined;
  #cell: Cell | undefined;
  #generation = 0;

  /**
   * @param incrUnbound records a value like `incr` of `Metrics`
   * @param find finds the cell of the series
   * @internal
   */
  constructor(incrUnbound: (value: number) => void, find: () => Cell | undefined) {
    this.#incrUnbound = incrUnbound;
    this.#find = find;
  }

  /**
   * Adds to the counter. What can't be recorded is counted in `stats()` of the `Metrics`. Throws nothing, except a
   * `TagRuleError` where `tagRules` ask for it.
   *
   * @param value zero or more
   */
  incr(value = 1): void {
    const cell = this.#cell;
    if (
      cell !== undefined &&
      cell.canHold &&
      this.#generation === shared.generation &&
      typeof value === 'number' &&
      value >= 0 &&
      value <= Number.MAX_VALUE
    ) {
      cell.held += value;
      cell.calls += 1;
    } else {
      // This is a first value, a value that can't be recorded, or the cell can hold no values or belongs to an earlier
      // generation. `incr` deals with all of these.
      this.#incrUnbound(value);
      this.#cell = this.#find();
      this.#generation = shared.generation;
    }
  }
}
