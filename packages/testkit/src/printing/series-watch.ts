import { AgentSketch } from '../parsers/agent-sketch.ts';
import type { Arrival, ArrivalType, SeriesArrival, TextArrival } from './arrivals.ts';

/** What is known of a series. Times are in milliseconds. */
export interface WatchedSeries {
  readonly type: ArrivalType;
  readonly name: string;
  readonly tags: string;
  /** The sum of a count, the last value of a gauge, how many values a distribution has. */
  readonly total: number;
  /** How much a second, over the last arrivals; `undefined` until there are two of them, and for gauges. */
  readonly rate: number | undefined;
  /** All values of a timing or a distribution. */
  readonly sketch: AgentSketch | undefined;
  readonly lastAt: number;
  /** Whether nothing has come for much longer than is usual. */
  readonly isQuiet: boolean;
  /** How long there is between two arrivals; `undefined` until there are two of them. */
  readonly usualGap: number | undefined;
}

/** How many series are kept. Further ones are counted. */
const MAX_SERIES = 10_000;
/** How many of the last events and bad lines are kept. */
const MAX_TEXTS = 20;
/** What comes within this time belongs to one export. */
const BURST_MILLIS = 500;
/** Over how many exports a rate is. */
const MAX_BURSTS = 7;
/** A series is quiet when three of its usual gaps have passed, and at least this time. */
const SHORTEST_QUIET_MILLIS = 5_000;
/** The same for a series that came once. */
const QUIET_AFTER_ONE_MILLIS = 60_000;

interface Burst {
  readonly at: number;
  amount: number;
}

class Series {
  readonly type: ArrivalType;
  readonly name: string;
  readonly tags: string;
  readonly bursts: Burst[] = [];
  readonly sketch: AgentSketch | undefined;
  total = 0;
  lastAt = 0;
  /** Whether it was said that it is quiet. */
  isToldQuiet = false;

  constructor({ type, name, tags, sketch }: SeriesArrival) {
    this.type = type;
    this.name = name;
    this.tags = tags;
    this.sketch = sketch && new AgentSketch();
  }

  add({ amount, sketch }: SeriesArrival, now: number): void {
    if (sketch !== undefined) this.sketch!.merge(sketch);
    this.total = this.type === 'gauge' ? amount : this.total + amount;
    const last = this.bursts.at(-1);
    if (last !== undefined && now - last.at < BURST_MILLIS) last.amount += amount;
    else this.bursts.push({ at: now, amount });
    if (this.bursts.length > MAX_BURSTS) this.bursts.shift();
    this.lastAt = now;
    this.isToldQuiet = false;
  }

  at(now: number): WatchedSeries {
    const { type, name, tags, total, sketch, lastAt } = this;
    const span = this.bursts.at(-1)!.at - this.bursts[0]!.at;
    const usualGap = span === 0 ? undefined : span / (this.bursts.length - 1);
    // What came first belongs to the time before it.
    const amount = this.bursts.slice(1).reduce((sum, burst) => sum + burst.amount, 0);
    const rate = span === 0 || type === 'gauge' ? undefined : (amount * 1000) / span;
    const quietAfter =
      usualGap === undefined ? QUIET_AFTER_ONE_MILLIS : Math.max(3 * usualGap, SHORTEST_QUIET_MILLIS);
    return { type, name, tags, total, rate, sketch, lastAt, usualGap, isQuiet: now - lastAt > quietAfter };
  }
}

/** Remembers what has arrived, series by series. It has no clock: every call says what time it is. */
export class SeriesWatch {
  readonly #series = new Map<string, Series>();
  readonly #texts: Record<TextArrival['kind'], { at: number; text: string }[]> = {
    event: [],
    check: [],
    bad: [],
  };
  /** How many payloads have arrived. */
  payloads = 0;
  /** How many lines and requests could not be read. */
  bad = 0;
  /** How many arrivals belong to series for which there is no more place. */
  leftOut = 0;

  /** @param now in milliseconds */
  add(arrivals: readonly Arrival[], now: number): void {
    this.payloads += 1;
    for (const arrival of arrivals) {
      if (arrival.kind === 'series') this.#addSeries(arrival, now);
      else this.#addText(arrival, now);
    }
  }

  /** All series, by name and tags. */
  series(now: number): WatchedSeries[] {
    return [...this.#series.values()]
      .map((one) => one.at(now))
      .toSorted((first, second) => compare(first.name, second.name) || compare(first.tags, second.tags));
  }

  /** The last events, service checks, or bad lines, the newest one last. */
  texts(kind: TextArrival['kind']): readonly { readonly at: number; readonly text: string }[] {
    return this.#texts[kind];
  }

  /** The series that have gone quiet since the last call. */
  takeQuiet(now: number): WatchedSeries[] {
    const found = [...this.#series.values()].filter((one) => !one.isToldQuiet && one.at(now).isQuiet);
    for (const one of found) one.isToldQuiet = true;
    return found.map((one) => one.at(now));
  }

  #addSeries(arrival: SeriesArrival, now: number): void {
    const key = JSON.stringify([arrival.type, arrival.name, arrival.tags]);
    let series = this.#series.get(key);
    if (series === undefined) {
      if (this.#series.size >= MAX_SERIES) {
        this.leftOut += 1;
        return;
      }
      series = new Series(arrival);
      this.#series.set(key, series);
    }
    series.add(arrival, now);
  }

  #addText({ kind, text }: TextArrival, at: number): void {
    if (kind === 'bad') this.bad += 1;
    const texts = this.#texts[kind];
    texts.push({ at, text });
    if (texts.length > MAX_TEXTS) texts.shift();
  }
}

function compare(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}
