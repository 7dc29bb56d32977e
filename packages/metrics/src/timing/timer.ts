import { performance } from 'node:perf_hooks';
import type { TagValue } from '../tags.ts';

/** How a timed piece of work ended. It becomes the tag `result`. */
export type TimerResult = 'success' | 'failure' | 'aborted';

export type RecordTiming = (
  milliseconds: number,
  tags: Record<string, TagValue>,
  result: TimerResult | undefined,
) => void;

/** Stops the timer of work that ended well. If `fail` was called before, the work has failed all the same. */
export let endWell: (timer: Timer) => void;

/**
 * A running timer, made by `metrics.timer`. It records one timing: at the first `stop`, or at the end of the block if it was
 * declared with `using`. Its methods may be called without it: `stream.once('close', timer.stop)`.
 *
 * @example
 * using timer = metrics.timer('job');
 * timer.tags.queue = 'mail';
 * await runJob();
 * timer.succeed();
 */
export class Timer {
  /**
   * Tags of the timing. They may be changed until it is recorded. The tag `result` is `success`, `failure` or `aborted`
   * where `succeed` or `fail` said it, and where `time` or `wrap` know it; a timer can't see whether its block threw.
   */
  readonly tags: Record<string, TagValue>;
  readonly #record: RecordTiming;
  readonly #start = performance.now();
  #result: TimerResult | undefined;
  #isStopped = false;

  static {
    endWell = (timer) => {
      timer.#result ??= 'success';
      timer.stop();
    };
  }

  /** @internal */
  constructor(record: RecordTiming, tags: Record<string, TagValue>) {
    this.#record = record;
    this.tags = tags;
  }

  /**
   * Marks the work as done, so that `result` becomes `success`. Doesn't stop the timer.
   *
   * @example
   * using timer = metrics.timer('job');
   * runJob();
   * timer.succeed(); // not reached when runJob throws
   */
  readonly succeed = (): void => {
    this.#result = 'success';
  };

  /**
   * Marks the work as failed, so that `result` becomes `failure`. Doesn't stop the timer.
   *
   * @param error `result` becomes `aborted` if it is an `AbortError`, which is the error of an aborted signal
   * @example
   * using timer = metrics.timer('job');
   * if (!isValid) timer.fail();
   */
  readonly fail = (error?: unknown): void => {
    this.#result = isAbort(error) ? 'aborted' : 'failure';
  };

  /**
   * Records the time since the timer was made. Further calls do nothing. Throws nothing, except a `TagRuleError` where
   * `tagRules` ask for it.
   */
  readonly stop = (): void => {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#record(performance.now() - this.#start, this.tags, this.#result);
  };

  /** Calls `stop`. The end of the block of a `using` declaration calls this. */
  [Symbol.dispose](): void {
    this.stop();
  }
}

/** Stops the timer of work that ended with an error. */
export function endBadly(timer: Timer, error: unknown): void {
  timer.fail(error);
  timer.stop();
}

function isAbort(error: unknown): boolean {
  try {
    return (error as { name?: unknown } | undefined)?.name === 'AbortError';
  } catch {
    return false;
  }
}
