import type { PointSeconds, SecondOwner, Urgency } from '../delivery/delivery-options.ts';
import type { Series } from '../series/series.ts';
import { log } from '../support/log.ts';

/** Datadog ignores points that are older than this, in seconds. So seconds that were used longer ago need not be remembered. */
const REMEMBERED_SECONDS = 3600;

/** How many series are remembered in each of the two maps. */
const MAX_SERIES = 200_000;

/** How many used seconds are remembered. */
const MAX_SECONDS = 10_000;

/** A used second that is so many seconds ahead of the clock was used when the clock was wrong. */
const FAR_SECONDS = 60;

/**
 * How many seconds ahead of the clock a point may be moved when earlier seconds are used. For exports it is enough for
 * several within one second. When somebody waits, it is more; at a shutdown, as much as possible.
 */
const MAX_LEAD_SECONDS: Readonly<Record<Urgency, number>> = {
  export: 10,
  flush: 30,
  shutdown: FAR_SECONDS - 1,
};

/** The last second of each series, by name and then by tags: both texts are in memory anyway. */
type Seconds = Map<string, Map<string, number>>;

/**
 * Gives each point of a series a second of its own. Datadog keeps one value of a series for each second, so of two exports
 * within one second the later would replace the earlier (Datadog documentation, "Submit metrics"). A point whose second is
 * used is moved to the next free one. When that is too far ahead of the clock, the point has to wait.
 *
 * When the clock is set back by a minute or more, points get the clock's seconds again, without those that were used before.
 */
export class SeriesSeconds implements PointSeconds {
  readonly #component: string;
  readonly #needsOwnSecond: (series: Series) => boolean;
  #latest: Seconds = new Map();
  /** The same for the hour before `#latest` was begun. */
  #earlier: Seconds = new Map();
  #latestSize = 0;
  #latestBegan = 0;
  /** All seconds that some series has used since the clock was set back. */
  #used = new Set<number>();
  #lastUsed = -Infinity;
  #highest = -Infinity;
  /** Seconds that were used before the clock was set back. */
  #avoided: ReadonlySet<number> = new Set();
  #loggedSetBack = false;

  /** @param needsOwnSecond of which series the server keeps one value for each second */
  constructor(component: string, needsOwnSecond: (series: Series) => boolean) {
    this.#component = component;
    this.#needsOwnSecond = needsOwnSecond;
  }

  /** Whether Datadog keeps one value of the series for each second. */
  needsOwnSecond(series: Series): boolean {
    return this.#needsOwnSecond(series);
  }

  /** The second of a point, or until when it has to wait. Counts as used from now on. */
  next(
    owner: SecondOwner,
    endMillis: number,
    nowMillis: number,
    urgency: Urgency,
  ): number | { readonly untilSecond: number } {
    const now = Math.floor(nowMillis / 1000);
    if (this.#highest - now >= FAR_SECONDS) this.#beginAnew(now);
    const ended = Math.floor(endMillis / 1000);
    // The point ended before the clock was set back.
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
    // Nearly always, all series of an export have the same second.
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
