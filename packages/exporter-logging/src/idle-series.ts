import type { Series } from '@tallykit/exporter-base';

/** How many series are remembered. Of more, those that have been idle for longest are forgotten. */
const MAX_REMEMBERED = 10_000;

const NO_VALUES = {
  type: 'explicit',
  boundaries: [],
  counts: [0],
  count: 0,
  sum: undefined,
  min: undefined,
  max: undefined,
} as const;

/** Remembers counters and distributions, and adds those that an export does not have, with zero or no values. */
export class IdleSeries {
  readonly #lastSeen = new Map<string, Series>();

  /** The series of one export, and after them those that did not change. */
  *with(exported: Iterable<Series>): Generator<Series> {
    const seen = new Set<string>();
    let endMillis = 0;
    for (const series of exported) {
      yield series;
      endMillis = Math.max(endMillis, series.endMillis);
      if (series.type === 'gauge') continue;
      const key = JSON.stringify([series.type, series.name, series.unit, series.tags]);
      seen.add(key);
      this.#remember(key, idle(series));
    }
    for (const [key, series] of this.#lastSeen) {
      if (seen.has(key)) continue;
      yield { ...series, endMillis };
    }
  }

  /** Puts the series at the end of the map, so that the one that was seen longest ago is the first. */
  #remember(key: string, series: Series): void {
    this.#lastSeen.delete(key);
    this.#lastSeen.set(key, series);
    if (this.#lastSeen.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#lastSeen.keys();
    this.#lastSeen.delete(oldest!);
  }
}

function idle({ type, name, tags, unit, startMillis, endMillis }: Series): Series {
  const common = { name, tags, unit, startMillis, endMillis, points: 0, amount: 0 };
  return type === 'histogram'
    ? { type, value: NO_VALUES, baseName: name, ...common }
    : { type, value: 0, ...common };
}
