import type { Clock } from '../support/clock.ts';

/** How long to wait before what was not accepted is sent again: doubled after each attempt that failed, up to the longest. */
const SHORTEST_RETRY_MILLIS = 1000;
const LONGEST_RETRY_MILLIS = 60_000;

/** A server that asks for a longer wait than this gets a request all the same: its clock, or its answer, is wrong. */
const LONGEST_WAIT_MILLIS = 3_600_000;

/** How long a `shutdown` waits between its attempts: doubled each time, up to the longest. */
const SHORTEST_LAST_RETRY_MILLIS = 100;
const LONGEST_LAST_RETRY_MILLIS = 1000;

/** What an attempt to send shows about the server. */
export interface Attempt {
  /** Whether the exporter began it by itself, because it was due. */
  readonly isRetry: boolean;
  /** Whether nobody took what was sent. */
  readonly isBlocked: boolean;
  readonly hasDelivered: boolean;
  /** After how many milliseconds the server wants the next request; 0 when it doesn't say. */
  readonly retryAfterMillis: number;
}

/** Knows when to try again: a backoff, the server's wish, and one timer. */
export class RetrySchedule {
  readonly #clock: Clock;
  /** How many attempts of the exporter's own have failed in a row. */
  #failedRetries = 0;
  /** The server wants no request before this moment. */
  #notBeforeMillis = -Infinity;
  #cancelTimer: (() => void) | undefined;
  #isRetryPlanned = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the next attempt waits for a server that didn't accept the last one. */
  get isRetryPlanned(): boolean {
    return this.#isRetryPlanned;
  }

  /** Whether the server asked for a wait that is not over. */
  get mustWait(): boolean {
    return this.#clock.now() < this.#notBeforeMillis;
  }

  /** Takes down what an attempt has shown. */
  attempted({ isRetry, isBlocked, hasDelivered, retryAfterMillis }: Attempt): void {
    if (retryAfterMillis > 0) {
      this.#notBeforeMillis = this.#clock.now() + Math.min(retryAfterMillis, LONGEST_WAIT_MILLIS);
    }
    // Exports and flushes come when somebody else wants them. If they counted, each would make the wait longer.
    if (isBlocked && isRetry) this.#failedRetries += 1;
    else if (!isBlocked && hasDelivered) this.#failedRetries = 0;
  }

  /** Calls back when the next attempt is due. */
  planRetry(attempt: () => void): void {
    const backoff = SHORTEST_RETRY_MILLIS * 2 ** this.#failedRetries;
    const millis = withJitter(Math.min(backoff, LONGEST_RETRY_MILLIS));
    this.plan(Math.max(millis, this.#notBeforeMillis - this.#clock.now()), attempt);
    this.#isRetryPlanned = true;
  }

  /** Calls back after so many milliseconds, with nothing wrong at the server. */
  plan(millis: number, work: () => void): void {
    this.cancel();
    this.#cancelTimer = this.#clock.schedule(millis, work);
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#isRetryPlanned = false;
  }

  /** How long to wait before each further attempt of a `shutdown`, in milliseconds. Never ends. */
  *lastWaits(): Generator<number, never> {
    for (
      let backoff = SHORTEST_LAST_RETRY_MILLIS;
      ;
      backoff = Math.min(2 * backoff, LONGEST_LAST_RETRY_MILLIS)
    ) {
      yield Math.max(withJitter(backoff), this.#notBeforeMillis - this.#clock.now());
    }
  }
}

/** Many processes lose the same server at the same moment, and must not all come back at the same moment. */
function withJitter(millis: number): number {
  return millis * (0.5 + Math.random() / 2);
}
