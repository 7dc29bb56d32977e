/**
 * Something that is going on, made by `metrics.active`. It has added 1 to a metric, and takes that back at the first `stop`, or
 * at the end of the block if it was declared with `using`. `stop` may be called without it:
 * `response.once('close', active.stop)`.
 *
 * @example using active = metrics.active('requests.active');
 */
export class Active {
  readonly #takeBack: () => void;
  #isStopped = false;

  /** @internal */
  constructor(takeBack: () => void) {
    this.#takeBack = takeBack;
  }

  /** Takes back what was added, from the same series. Further calls do nothing. */
  readonly stop = (): void => {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#takeBack();
  };

  /** Calls `stop`. The end of the block of a `using` declaration calls this. */
  [Symbol.dispose](): void {
    this.stop();
  }
}
