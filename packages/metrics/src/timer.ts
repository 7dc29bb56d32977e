import type { TagValue } from './series.ts';

/** How a timed piece of work ended; the tag `result` of its timing. */
export type TimerResult = 'success' | 'failure' | 'aborted';

/** Takes the duration in milliseconds. */
export type RecordTiming = (
  milliseconds: number,
  tags: Readonly<Record<string, TagValue>>,
  result: TimerResult,
) => void;

/**
 * A running timer. It records once: at the end of the block of a `using` declaration, or at the first `stop`.
 *
 * @example
 * using timer = metrics.timer('job');
 * timer.tags.queue = 'mail';
 */
export class Timer {
  /** Tags of the timing; may be changed until it is recorded. The tag `result` is the timer's own. */
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

  /** The work failed: `result` will be `failure`, or `aborted` for the error of an aborted signal. */
  fail(error?: unknown): void {
    this.#result = isAbort(error) ? 'aborted' : 'failure';
  }

  /** Records the time since the timer was made. Further calls do nothing. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#record(performance.now() - this.#start, this.tags, this.#result);
  }

  /** Runs the work and records how long it took, to the settling of its promise if it returns one. */
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
      // A promise that nobody handles must stay one: what the caller gets rejects in its place.
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
      // More than a promise, such as a child process with its streams: the caller needs this very object.
      returned.then(succeed, fail);
      return returned;
    }
    // A thenable may begin its work at `then` (query builders do): asked once here, it isn't asked again.
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
