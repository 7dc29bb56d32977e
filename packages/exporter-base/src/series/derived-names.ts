import { log } from '../support/log.ts';

/** The series that an exporter sends for a histogram, or that the server makes of it, under names of their own. */
export interface DerivedSeries {
  /** What is added to the histogram's name, for example `.count`. */
  readonly suffixes: readonly string[];
  /**
   * How many characters a name may have; the histogram's name is cut to make room for what is added.
   *
   * @default Infinity
   */
  readonly maxNameLength?: number | undefined;
}

/** All histograms that have one name and unit. */
export interface DerivingMetric {
  readonly name: string;
  readonly unit: string;
  /** What the names of its derived series are made of. */
  baseName: string;
  /** The {@link DerivedNames.version} for which `baseName` was checked. */
  checkedVersion: number;
}

/** Unit and name of a histogram: still the same when the histogram was forgotten and comes again. */
type HistogramKey = string;

/** How many names are remembered, those of metrics that don't come any more included. */
const MAX_NAMES = 100_000;

/** How many numbers are tried in order. After that, each histogram gets the next number that was never used. */
const MAX_IN_ORDER = 9;

/** The name of a series that is derived of a histogram. */
export function derivedName(baseName: string, suffix: string, maxNameLength = Infinity): string {
  return baseName.slice(0, maxNameLength - suffix.length) + suffix;
}

/**
 * Keeps the names of derived series apart from all other names. The histogram `db.query` has derived series such as
 * `db.query.count`. If the program has a metric of that name, or another histogram has such a derived series, the server would
 * mix the two. So the derived series are called `db.query.histogram.count` and so on, or `db.query.histogram2.count` if that
 * name is taken as well. A metric of the program always keeps its name, also when it comes later.
 */
export class DerivedNames {
  readonly #component: string;
  readonly #suffixes: readonly string[];
  readonly #maxNameLength: number;
  /** The longest of the suffixes. */
  readonly #longest: number;
  /** Names of metrics that are sent under their own name. */
  #own = new Set<string>();
  /** The histogram whose derived series has, or had, this name. */
  #owners = new Map<string, { readonly key: HistogramKey; readonly name: string }>();
  /** The base names of histograms whose base name differs from their name. */
  #others = new Map<HistogramKey, string>();
  #lastNumber = MAX_IN_ORDER;
  #maxNames = MAX_NAMES;
  #loggedOther = false;
  /** Goes up when a metric of the program takes the name of a derived series: then all base names are checked again. */
  version = 1;

  constructor(component: string, { suffixes, maxNameLength = Infinity }: DerivedSeries) {
    this.#component = component;
    this.#suffixes = suffixes;
    this.#maxNameLength = maxNameLength;
    this.#longest = Math.max(...suffixes.map(({ length }) => length));
  }

  /** A metric of the program has this name. @returns the histogram whose derived series had the name before, if any */
  claimOwn(name: string): string | undefined {
    const owner = this.#owners.get(name);
    if (!this.#own.has(name)) {
      this.#own.add(name);
      if (owner !== undefined) this.version += 1;
    }
    return owner?.name;
  }

  /** Gives a histogram a base name whose derived names are free. Call it when all metrics of the export are known. */
  settle(histogram: DerivingMetric): void {
    if (histogram.checkedVersion === this.version) return;
    histogram.checkedVersion = this.version;
    const { name, unit } = histogram;
    const key = `${unit}\n${name}`;
    let reason: string | undefined;
    for (const base of this.#candidates(name, key)) {
      const names = this.#namesOf(base);
      const taken = names.find((one) => this.#own.has(one) || (this.#owners.get(one)?.key ?? key) !== key);
      if (taken === undefined) {
        for (const one of names) this.#owners.set(one, { key, name });
        histogram.baseName = base;
        if (reason !== undefined && this.#others.get(key) !== base) this.#logOther(histogram, reason);
        if (base !== name) this.#others.set(key, base);
        return;
      }
      reason ??= taken;
    }
  }

  /** When too many names are remembered, forgets those of all metrics that are not in the list. */
  tidy(metrics: Iterable<DerivingMetric & { readonly type: string }>): void {
    if (this.#own.size + this.#owners.size <= this.#maxNames) return;
    const owners = this.#owners;
    const others = this.#others;
    this.#own = new Set();
    this.#owners = new Map();
    this.#others = new Map();
    for (const { type, name, unit, baseName } of metrics) {
      if (type !== 'histogram') {
        this.#own.add(name);
        continue;
      }
      const key = `${unit}\n${name}`;
      if (others.has(key)) this.#others.set(key, baseName);
      for (const base of new Set([name, baseName])) {
        for (const one of this.#namesOf(base)) {
          const owner = owners.get(one);
          if (owner?.key === key) this.#owners.set(one, owner);
        }
      }
    }
    this.#maxNames = Math.max(MAX_NAMES, 2 * (this.#own.size + this.#owners.size));
  }

  #namesOf(base: string): string[] {
    return this.#suffixes.map((suffix) => derivedName(base, suffix, this.#maxNameLength));
  }

  *#candidates(name: string, key: HistogramKey): Generator<string> {
    yield name;
    const before = this.#others.get(key);
    if (before !== undefined) yield before;
    for (let number = 1; ; number += 1) {
      const end = `.histogram${number === 1 ? '' : number <= MAX_IN_ORDER ? number : (this.#lastNumber += 1)}`;
      yield name.slice(0, this.#maxNameLength - this.#longest - end.length) + end;
    }
  }

  #logOther({ name, baseName }: DerivingMetric, taken: string): void {
    const isFirst = !this.#loggedOther;
    this.#loggedOther = true;
    log(
      isFirst ? 'warn' : 'debug',
      `${this.#component}: the histogram ${name} would be sent as ${taken} among others, which is the name of ` +
        `something else, so its series are called ${baseName}${this.#suffixes[0]} and so on. Rename one of the two.` +
        (isFirst ? ' Logged once; of other histograms at debug level.' : ''),
    );
  }
}
