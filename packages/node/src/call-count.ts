/** How many calls of the recording API a backend has got, for what is said when the process ends. */
export class CallCount {
  readonly #recorded: () => number;
  readonly #hasPending: () => boolean;
  /** How many calls there were when the last collection that has finished began. */
  #collected = 0;
  /** The same for the last collection after which nothing was on its way. */
  #settled = 0;

  /**
   * @param recorded how many calls were recorded so far
   * @param hasPending whether the exporter has points on their way
   */
  constructor(recorded: () => number, hasPending: () => boolean) {
    this.#recorded = recorded;
    this.#hasPending = hasPending;
  }

  /** A collection begins. @returns what `collected` takes */
  begin(): number {
    return this.#recorded();
  }

  /** It has finished. */
  collected(calls: number): void {
    // What is empty is not handed to the exporter.
    if (!this.#hasPending()) this.#settled = this.#collected;
    this.#collected = calls;
  }

  /** An export has ended. */
  exported(): void {
    if (!this.#hasPending()) this.#settled = this.#collected;
  }

  /** How many calls were recorded and not exported: at most, if some of their points are on their way. */
  get open(): number {
    return this.#recorded() - (this.#hasPending() ? this.#settled : this.#collected);
  }
}
