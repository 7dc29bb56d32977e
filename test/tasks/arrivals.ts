/** A part of what arrived: of one series, under the name and with the tags that the library sent. */
export interface Arrival {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** What the server takes it for. */
  readonly type: ArrivalType;
  /** How many values: 0 for a count and a gauge. */
  readonly values: number;
  /** Their sum, or the count, also that of a rate, or the value of the gauge. */
  readonly sum: number;
}

export type ArrivalType =
  | 'count'
  | 'running total'
  | 'gauge'
  | 'timing'
  | 'histogram'
  | 'distribution'
  | 'rate';

/** What arrived from a program. */
export class Arrivals {
  readonly #all: readonly Arrival[];

  constructor(all: readonly Arrival[]) {
    this.#all = all;
  }

  /** The sum of all that arrived under a name and with some tags. */
  sum(name: string, tags: Readonly<Record<string, string>> = {}): number {
    return this.of(name, tags).reduce((sum, arrival) => sum + arrival.sum, 0);
  }

  /** How many values of a distribution arrived. */
  values(name: string, tags: Readonly<Record<string, string>> = {}): number {
    return this.of(name, tags).reduce((values, arrival) => values + arrival.values, 0);
  }

  /** How many series arrived under a name. */
  series(name: string): number {
    return new Set(this.of(name).map(({ tags }) => JSON.stringify(tags))).size;
  }

  /** All that arrived under a name and with some tags, in its order. */
  of(name: string, tags: Readonly<Record<string, string>> = {}): Arrival[] {
    return this.#all.filter(
      (arrival) =>
        arrival.name === name && Object.entries(tags).every(([key, value]) => arrival.tags[key] === value),
    );
  }
}
