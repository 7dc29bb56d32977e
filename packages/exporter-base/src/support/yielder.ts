import type { Clock } from './clock.ts';

/**
 * What a stage yields between two steps of long work. Stages are synchronous generators: whoever drives them decides whether
 * the event loop gets its turn there.
 */
export const YIELD = Symbol('the event loop may have its turn');

/** How long our own work may hold the event loop at a time. Collecting its garbage is not counted. */
const LONGEST_WORK_MILLIS = 5;

/** Gives the event loop its turn during long work: after each step, `if (yielder.isDue()) await yielder.yieldToEventLoop()`. */
export class Yielder {
  readonly #clock: Clock;
  #end: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#end = clock.now() + LONGEST_WORK_MILLIS;
  }

  /** Whether the event loop was held for long enough. */
  isDue(): boolean {
    return this.#clock.now() >= this.#end;
  }

  /** Resolves when everything else in the event loop had its turn. */
  async yieldToEventLoop(): Promise<void> {
    await this.#clock.turn();
    this.#end = this.#clock.now() + LONGEST_WORK_MILLIS;
  }
}
