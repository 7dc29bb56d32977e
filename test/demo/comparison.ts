import { parseSeriesName, type Flush } from '../servers/reference-statsd.ts';
import { seriesKey, type Tally } from './shop.ts';

const PERCENTILES = [50, 95, 99] as const;
/** Sums of floating-point numbers in another order differ in their last digits. */
const RELATIVE_ERROR = 1e-6;
/** Percentiles come from a histogram and a bounded number of samples. */
const PERCENTILE_ERROR = 0.02;

/** A value in the program's book and in the server's. */
export interface Pair {
  recorded: number;
  readBack: number;
  /** `readBack - recorded`; 0 within the tolerance of what is compared. */
  difference: number;
}

export interface TimingPairs {
  count: Pair;
  /** Absent for timers: only the library knows how long they took. */
  mean?: Pair;
  /** Each from the interval in which the two books differ most. */
  percentiles: Map<number, Pair>;
}

interface TimingBook {
  recorded: { count: number; sum: number };
  readBack: { count: number; sum: number };
  isTimer: boolean;
  percentiles: Map<number, Pair>;
}

/** Both books, interval by interval: what the program says it recorded and what the server says it got. */
export class Comparison {
  readonly #counters = new Map<string, number>();
  readonly #timings = new Map<string, TimingBook>();
  #gauges = new Map<string, number>();

  /** Takes the server's readings of an interval, and the program's timings of it, which start anew. */
  closeInterval(
    tally: Tally,
    counters: Map<string, number>,
    gauges: Map<string, number>,
    flush: Flush,
  ): void {
    for (const [series, value] of byKey(counters)) {
      this.#counters.set(series, (this.#counters.get(series) ?? 0) + value);
    }
    this.#gauges = byKey(gauges);

    for (const [series, values] of tally.timings) {
      const book = this.#timing(series);
      book.recorded.count += values.length;
      book.recorded.sum += values.reduce((sum, value) => sum + value, 0);
    }
    for (const [series, count] of tally.timers) {
      const book = this.#timing(series);
      book.isTimer = true;
      book.recorded.count += count;
    }
    for (const [series, { count, mean, percentiles }] of byKey(flush.timers)) {
      const book = this.#timing(series);
      book.readBack.count += count;
      book.readBack.sum += count * mean;
      const values = tally.timings.get(series)?.toSorted((first, second) => first - second);
      if (values) comparePercentiles(book, values, percentiles);
    }
    tally.timings.clear();
    tally.timers.clear();
  }

  counters(tally: Tally): Map<string, Pair> {
    return pairs(tally.counters, this.#counters);
  }

  gauges(tally: Tally): Map<string, Pair> {
    return pairs(tally.gauges, this.#gauges);
  }

  timings(): Map<string, TimingPairs> {
    const result = [...this.#timings].map(([series, { recorded, readBack, isTimer, percentiles }]) => {
      const count = pair(recorded.count, readBack.count, RELATIVE_ERROR);
      if (isTimer) return [series, { count, percentiles }] as const;
      const mean = pair(recorded.sum / recorded.count, readBack.sum / readBack.count, RELATIVE_ERROR);
      return [series, { count, mean, percentiles }] as const;
    });
    return new Map(result);
  }

  /** How much of a counter the server has, over all its series. */
  total(name: string): number {
    return total(this.#counters, name);
  }

  #timing(series: string): TimingBook {
    let book = this.#timings.get(series);
    if (!book) {
      book = {
        recorded: { count: 0, sum: 0 },
        readBack: { count: 0, sum: 0 },
        isTimer: false,
        percentiles: new Map(),
      };
      this.#timings.set(series, book);
    }
    return book;
  }
}

/** The sum over all series of a name. */
export function total(values: ReadonlyMap<string, number>, name: string): number {
  return [...values].reduce((sum, [series, value]) => (series.startsWith(`${name}{`) ? sum + value : sum), 0);
}

function comparePercentiles(book: TimingBook, sorted: number[], readBack: Map<number, number>): void {
  for (const percentile of PERCENTILES) {
    // Nearest rank, as the server computes it.
    const rank = Math.max(1, Math.round((percentile / 100) * sorted.length));
    const found = pair(sorted[rank - 1]!, readBack.get(percentile) ?? Number.NaN, PERCENTILE_ERROR);
    const worst = book.percentiles.get(percentile);
    if (!worst || relative(found) > relative(worst)) book.percentiles.set(percentile, found);
  }
}

/** How far apart the two values are, as a share of the recorded one. */
export function relative({ recorded, readBack }: Pair): number {
  const error = Math.abs(readBack - recorded) / Math.abs(recorded || 1);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function pairs(
  recorded: ReadonlyMap<string, number>,
  readBack: ReadonlyMap<string, number>,
): Map<string, Pair> {
  const names = new Set([...recorded.keys(), ...readBack.keys()]);
  // A series that only one of the two has counts as 0 in the other, so it shows as a difference, even a gauge of 0.
  const result = Array.from(names, (name) => {
    const present = recorded.has(name) && readBack.has(name);
    const both = pair(recorded.get(name) ?? 0, readBack.get(name) ?? 0, RELATIVE_ERROR);
    return [name, present ? both : { ...both, difference: both.difference || Number.NaN }] as const;
  });
  return new Map(result);
}

function pair(recorded: number, readBack: number, tolerance: number): Pair {
  const difference = readBack - recorded;
  const isEqual = Math.abs(difference) <= tolerance * Math.abs(recorded);
  return { recorded, readBack, difference: isEqual ? 0 : difference };
}

function byKey<Value>(values: ReadonlyMap<string, Value>): Map<string, Value> {
  return new Map(
    Array.from(values, ([series, value]) => {
      const { name, tags } = parseSeriesName(series);
      return [seriesKey(name, tags), value];
    }),
  );
}
