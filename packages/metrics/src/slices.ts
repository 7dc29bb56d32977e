import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

// Taken from Node when the module is loaded: where a test framework replaces the global function, a collection would hang.
const { setImmediate } = timers;

/** How long a walk over cells goes on, in milliseconds, before it yields to the event loop. */
const SLICE_MILLIS = 5;

/** The clock is read once for so many cells, because reading it costs more than taking what a cell holds. */
const CELLS_PER_CLOCK_READING = 64;

/** Says when a walk over cells has lasted long enough. */
export class SliceClock {
  #cells = 0;
  #end = performance.now() + SLICE_MILLIS;

  /** Counts a cell, and returns whether the walk should yield. */
  isOver(): boolean {
    this.#cells += 1;
    return this.#cells % CELLS_PER_CLOCK_READING === 0 && performance.now() >= this.#end;
  }

  /** Begins the next slice. */
  restart(): void {
    this.#end = performance.now() + SLICE_MILLIS;
  }
}

/** Resolves when the event loop has done what waited. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
