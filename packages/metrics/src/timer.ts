import type { TagValue } from './tags.ts';

/** How a timed piece of work ended. It becomes the tag `result`. */
export type TimerResult = 'success' | 'failure' | 'aborted';

export type RecordTiming = (
  milliseconds: number,
  tags: Readonly<Record<string, TagValue>>,
  result: TimerResult,
) => void;

/**
 * A running timer, made by `metrics.timer`. It records one timing: at the first `stop`, or at the end of the block if it was
 * declared with `using`.
 *
 * @example
 * using timer = metrics.timer('job');
 * timer.tags.queue = 'mail';
 */
export class Timer {
  /**
   * Tags of the timing. They may be changed until it is recorded. The timer sets the tag `result` itself: `success`,
   * `failure` or `aborted`.
   */
  readonly tags: Record<string, TagValue>;
  readonly #record: RecordTiming;
  readonly #start = performance.now();
  #result: TimerResult = 'success';
  #isStopped = false;

  /** @internal */
  constructor(record: RecordTiming, tags: Record<string, TagValue>) {
    this.#record = record;
    this.tags = tags;
  }

  /**
   * Marks the work as failed, so that `result` becomes `failure`. Doesn't stop the timer.
   *
   * @param error `result` becomes `aborted` if it is an `AbortError`, which is the error of an aborted signal
   * @example
   * using timer = metrics.timer('job');
   * if (!isValid) timer.fail();
   */
  fail(error?: unknown): void {
    this.#result = isAbort(error) ? 'aborted' : 'failure';
  }

  /**
   * Records the time since the timer was made. Further calls do nothing. Throws nothing, except a `TagRuleError` where
   * `tagRules` ask for it.
   */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#record(performance.now() - this.#start, this.tags, this.#result);
  }

  /**
   * Calls the function and records the time until it returned, or until its promise settled if it returns one.
   *
   * @returns what the function returns; a promise rejects as the function's own does
   * @throws what the function throws
   */
  run<T>(work: () => T): T {
    let returned: T;
    try {
      returned = work();
    } catch (error) {
      this.fail(error);
      this.stop();
      throw error;
    }
    if (isThenable(returned)) return this.#follow(returned) as T;
    this.stop();
    return returned;
  }

  /** Calls `stop`. The end of the block of a `using` declaration calls this. */
  [Symbol.dispose](): void {
    this.stop();
  }

  #follow(returned: PromiseLike<unknown>): PromiseLike<unknown> {
    const succeed = (): void => this.stop();
    const fail = (error: unknown): void => {
      this.fail(error);
      this.stop();
    };
    if (isPlainPromise(returned)) {
      // The caller gets the promise that `then` makes. If it rejects and nobody handles it, Node reports it as it would
      // have reported the function's own.
      return returned.then(
        (value) => {
          succeed();
          return value;
        },
        (error: unknown) => {
          fail(error);
          throw error;
        },
      );
    }
    if (returned instanceof Promise) {
      // This object is more than a promise, such as a child process with its streams, so the caller needs this very object.
      returned.then(succeed, fail);
      return returned;
    }
    // Some thenables begin their work at each call of `then`, such as query builders. So `then` is called once here, and
    // the caller gets a promise of the result.
    return this.#follow(Promise.resolve(returned));
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return (
      (typeof value === 'object' || typeof value === 'function') &&
      value !== null &&
      typeof (value as { then?: unknown }).then === 'function'
    );
  } catch {
    return false;
  }
}

function isPlainPromise(value: PromiseLike<unknown>): boolean {
  return Object.getPrototypeOf(value) === Promise.prototype && Reflect.ownKeys(value).length === 0;
}

function isAbort(error: unknown): boolean {
  try {
    return (error as { name?: unknown } | undefined)?.name === 'AbortError';
  } catch {
    return false;
  }
}
