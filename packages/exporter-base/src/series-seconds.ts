/** How long Datadog takes points for, in seconds: what was sent longer ago can't clash with what is sent now. */
const REMEMBERED_SECONDS = 3600;

/** How many series of one generation are remembered. */
const MAX_SERIES = 200_000;

/** The last second of each series, by name and tags, whose texts are kept elsewhere already. */
type Seconds = Map<string, Map<string, number>>;

/**
 * Gives each series a second of its own for every point: Datadog keeps one value of a series for each second, so the second
 * of two exports within one would replace the first (Datadog documentation, "Submit metrics"). Timestamps of a series
 * strictly increase; the later point is moved to the next free second.
 */
export class SeriesSeconds {
  #latest: Seconds = new Map();
  /** What was sent in the hour before `#latest` was begun. */
  #earlier: Seconds = new Map();
  #latestSize = 0;
  #latestBegan = 0;

  /** @param endMillis when the series' point ended, in milliseconds since 1970 */
  next({
    name,
    tags,
    endMillis,
  }: {
    readonly name: string;
    readonly tags: string;
    readonly endMillis: number;
  }): number {
    const second = Math.floor(endMillis / 1000);
    if (second - this.#latestBegan >= REMEMBERED_SECONDS || this.#latestSize >= MAX_SERIES) {
      this.#earlier = this.#latest;
      this.#latest = new Map();
      this.#latestSize = 0;
      this.#latestBegan = second;
    }
    let ofName = this.#latest.get(name);
    if (ofName === undefined) this.#latest.set(name, (ofName = new Map()));
    const known = ofName.get(tags);
    if (known === undefined) this.#latestSize += 1;
    const last = known ?? this.#earlier.get(name)?.get(tags);
    const next = last === undefined ? second : Math.max(second, last + 1);
    ofName.set(tags, next);
    return next;
  }
}
