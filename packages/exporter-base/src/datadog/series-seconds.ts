import type { PointSeconds, SecondOwner, Urgency } from '../delivery/delivery-options.ts';
import type { Series } from '../series/series.ts';
import { log } from '../support/log.ts';

/** How long Datadog takes points for, in seconds: what was sent longer ago can't clash with what is sent now. */
const REMEMBERED_SECONDS = 3600;

/** How many series of one generation are remembered. */
const MAX_SERIES = 200_000;

/** How many seconds are remembered in which anything was sent. */
const MAX_SECONDS = 10_000;

/** A second that is so far ahead of the clock was taken when the clock was wrong. */
const FAR_SECONDS = 60;

/**
 * How many seconds ahead of the clock a point may be moved, because the seconds before are taken: enough for some exports
 * within one second. When somebody waits for it, further; at the end, as far as is possible at all.
 */
const MAX_LEAD_SECONDS: Readonly<Record<Urgency, number>> = {
  export: 10,
  flush: 30,
  shutdown: FAR_SECONDS - 1,
};

/** The last second of each series, by name and tags, whose texts are kept elsewhere already. */
type Seconds = Map<string, Map<string, number>>;

/**
 * Gives each series a second of its own for every point: Datadog keeps one value of a series for each second, so the second
 * of two exports within one would replace the first (Datadog documentation, "Submit metrics"). Timestamps of a series
 * strictly increase; the later point is moved to the next free second. When that is ahead of the clock, the point has to
 * wait.
 *
 * A clock that is set back by a minute or more begins anew: its seconds are taken again, and those in which anything was
 * sent before are left out.
 */
export class SeriesSeconds implements PointSeconds {
  readonly #component: string;
  readonly #needsOwnSecond: (series: Series) => boolean;
  #latest: Seconds = new Map();
  /** What was sent in the hour before `#latest` was begun. */
  #earlier: Seconds = new Map();
  #latestSize = 0;
  #latestBegan = 0;
  /** All seconds that were given to some series since the clock was set back. */
  #used = new Set<number>();
  #lastUsed = -Infinity;
  #highest = -Infinity;
  /** The same, before it was set back. */
  #avoided: ReadonlySet<number> = new Set();
  #loggedSetBack = false;

  /** @param needsOwnSecond of which series the server keeps one value for each second */
  constructor(component: string, needsOwnSecond: (series: Series) => boolean) {
    this.#component = component;
    this.#needsOwnSecond = needsOwnSecond;
  }

  needsOwnSecond(series: Series): boolean {
    return this.#needsOwnSecond(series);
  }

  next(
    owner: SecondOwner,
    endMillis: number,
    nowMillis: number,
    urgency: Urgency,
  ): number | { readonly untilSecond: number } {
    const now = Math.floor(nowMillis / 1000);
    if (this.#highest - now >= FAR_SECONDS) this.#beginAnew(now);
    const ended = Math.floor(endMillis / 1000);
    // The clock was set back since then.
    const wanted = ended - now >= FAR_SECONDS ? now : ended;
    const last = this.#lastOf(owner);
    let second = wanted;
    if (last !== undefined && wanted <= last) second = owner.second === last ? last : last + 1;
    while (this.#avoided.has(second)) second += 1;
    if (second > wanted && second - now > MAX_LEAD_SECONDS[urgency]) return { untilSecond: second };
    this.#use(owner, second);
    return second;
  }

  #lastOf({ name, tags, formerOwner }: SecondOwner): number | undefined {
    return (
      this.#latest.get(name)?.get(tags) ??
      this.#earlier.get(name)?.get(tags) ??
      (formerOwner === undefined ? undefined : this.#lastOf({ name: formerOwner, tags }))
    );
  }

  #use({ name, tags }: SecondOwner, second: number): void {
    if (second - this.#latestBegan >= REMEMBERED_SECONDS || this.#latestSize >= MAX_SERIES) {
      this.#earlier = this.#latest;
      this.#latest = new Map();
      this.#latestSize = 0;
      this.#latestBegan = second;
    }
    let ofName = this.#latest.get(name);
    if (ofName === undefined) this.#latest.set(name, (ofName = new Map()));
    const before = ofName.size;
    ofName.set(tags, second);
    this.#latestSize += ofName.size - before;
    // Nearly always, all series of an export have the same one.
    if (second === this.#lastUsed) return;
    this.#lastUsed = second;
    this.#highest = Math.max(this.#highest, second);
    this.#used.add(second);
    if (this.#used.size > MAX_SECONDS) for (const oldest of this.#used) return void this.#used.delete(oldest);
  }

  #beginAnew(now: number): void {
    if (!this.#loggedSetBack) {
      this.#loggedSetBack = true;
      log(
        'warn',
        `${this.#component}: points were sent with times that are ${this.#highest - now} s ahead of the clock, so it was set ` +
          'back. From now on they have its time again, but for seconds that were used before. Logged once.',
      );
    }
    this.#avoided = new Set([...this.#avoided, ...this.#used].slice(-MAX_SECONDS));
    this.#used = new Set();
    this.#latest = new Map();
    this.#earlier = new Map();
    this.#latestSize = 0;
    this.#latestBegan = now;
    this.#lastUsed = -Infinity;
    this.#highest = -Infinity;
  }
}
