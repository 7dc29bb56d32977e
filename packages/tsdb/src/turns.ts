import { systemClock, type Clock } from '@tallykit/exporter-base';
import { BUCKETS_PER_TURN } from './limits.ts';

/** How long the work of one turn may take, where reading is slower than expected. */
const TURN_MILLIS = 5;

/** After so many buckets, the time is looked at. */
const BUCKETS_PER_LOOK = 64;

/** Lets queries work in turns: in each turn of the event loop only one of them, however many there are. */
export class Turns {
  readonly #clock: Clock;
  #last = Promise.resolve();

  /** @param clock for tests */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** The first turn of a query. */
  async begin(): Promise<Turn> {
    const turn = new Turn(this.#clock, () => this.#next());
    await turn.next();
    return turn;
  }

  #next(): Promise<void> {
    this.#last = this.#last.then(() => this.#clock.turn());
    return this.#last;
  }
}

/**
 * What one query may do until others have their turn: `while (!turn.take(weight)) await turn.next();` before each bucket.
 */
export class Turn {
  readonly #clock: Clock;
  readonly #wait: () => Promise<void>;
  #left = 0;
  #untilLook = 0;
  #end = 0;

  constructor(clock: Clock, wait: () => Promise<void>) {
    this.#clock = clock;
    this.#wait = wait;
  }

  /** Whether so many more buckets can be read in this turn; if so, they are counted. */
  take(buckets: number): boolean {
    if (this.#left < buckets) return false;
    if (this.#untilLook <= 0) {
      if (this.#clock.now() >= this.#end) return false;
      this.#untilLook = BUCKETS_PER_LOOK;
    }
    this.#left -= buckets;
    this.#untilLook -= buckets;
    return true;
  }

  /** Resolves when everything else in the event loop, and every other query, had its turn. */
  async next(): Promise<void> {
    await this.#wait();
    this.#left = BUCKETS_PER_TURN;
    this.#untilLook = BUCKETS_PER_LOOK;
    this.#end = this.#clock.now() + TURN_MILLIS;
  }
}
