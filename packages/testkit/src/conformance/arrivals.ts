import type { ConformanceFacts, ReceivedSeries } from './conformance-subject.ts';

type Tags = Readonly<Record<string, string>>;

/** A distribution as the backend sees it. */
export interface ArrivedDistribution {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  /** The value at a rank from 0 to 1; `undefined` where the backend knows none. */
  quantile(rank: number): number | undefined;
}

/** What a backend shows of everything that it received. */
export class Arrivals {
  readonly series: readonly ReceivedSeries[];
  readonly #facts: ConformanceFacts;

  constructor(received: readonly ReceivedSeries[], facts: ConformanceFacts) {
    this.series = withoutReplaced(received);
    this.#facts = facts;
  }

  /** The series of that name that have those tags; they may have others, too. */
  named(name: string, tags: Tags = {}): readonly ReceivedSeries[] {
    return this.series.filter((one) => one.name === name && includes(one.tags, tags));
  }

  /** What a counter was increased by, added up over all series of that name. */
  count(name: string, tags?: Tags): number {
    const totals = new Map<string, number>();
    let increases = 0;
    for (const one of this.named(name, tags)) {
      if (one.kind === 'count') increases += one.value;
      if (one.kind === 'total') totals.set(tagsKey(one.tags), one.value);
    }
    return [...totals.values()].reduce((sum, value) => sum + value, increases);
  }

  /** The last value. */
  gauge(name: string, tags?: Tags): number | undefined {
    const last = this.named(name, tags).findLast(({ kind }) => kind === 'gauge');
    return last?.kind === 'gauge' ? last.value : undefined;
  }

  /** What arrived of a histogram, in the form that the facts state. */
  distribution(name: string): ArrivedDistribution | undefined {
    switch (this.#facts.histograms) {
      case 'samples':
        return ofSamples(this.named(name).filter((one) => one.kind === 'sample'));
      case 'exact':
        return ofDistributions(this.#distributions(name));
      case 'aggregates': {
        const part = (suffix: string) => this.gauge(`${name}.${suffix}`);
        const count = this.count(`${name}.count`);
        if (count === 0) return undefined;
        return {
          count,
          sum: part('sum'),
          min: part('min'),
          max: part('max'),
          quantile: (rank) => part(`p${rank * 100}`),
        };
      }
      case 'none':
        return undefined;
    }
  }

  /** Of running totals, the last one of each series contains all before it. */
  #distributions(name: string): Extract<ReceivedSeries, { kind: 'distribution' }>[] {
    const all = this.named(name).filter((one) => one.kind === 'distribution');
    if (this.#facts.temporality === 'delta') return all;
    return [...new Map(all.map((one) => [tagsKey(one.tags), one])).values()];
  }
}

/** Of points with the same time, only the last one stays. Points without a time all stay. */
function withoutReplaced(received: readonly ReceivedSeries[]): ReceivedSeries[] {
  const kept = new Map<string, ReceivedSeries>();
  for (const [index, one] of received.entries()) {
    const key =
      one.timestamp === undefined
        ? String(index)
        : JSON.stringify([one.kind, one.name, tagsKey(one.tags), one.timestamp]);
    kept.delete(key);
    kept.set(key, one);
  }
  return [...kept.values()];
}

function tagsKey(tags: Tags): string {
  return JSON.stringify(Object.entries(tags).sort(([first], [second]) => (first < second ? -1 : 1)));
}

function includes(tags: Tags, some: Tags): boolean {
  return Object.entries(some).every(([key, value]) => tags[key] === value);
}

function ofSamples(
  samples: readonly { readonly value: number; readonly weight: number }[],
): ArrivedDistribution | undefined {
  if (samples.length === 0) return undefined;
  const sorted = samples.toSorted((first, second) => first.value - second.value);
  const count = sorted.reduce((sum, { weight }) => sum + weight, 0);
  return {
    count,
    sum: sorted.reduce((sum, { value, weight }) => sum + value * weight, 0),
    min: sorted[0]?.value,
    max: sorted.at(-1)?.value,
    quantile(rank) {
      let seen = 0;
      return sorted.find(({ weight }) => (seen += weight) >= rank * count)?.value;
    },
  };
}

function ofDistributions(
  parts: readonly Extract<ReceivedSeries, { kind: 'distribution' }>[],
): ArrivedDistribution | undefined {
  const [first] = parts;
  if (!first) return undefined;
  const known = (values: readonly (number | undefined)[]) =>
    values.filter((value): value is number => value !== undefined);
  const sums = known(parts.map(({ sum }) => sum));
  const minima = known(parts.map(({ min }) => min));
  const maxima = known(parts.map(({ max }) => max));
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    sum: sums.length === 0 ? undefined : sums.reduce((one, other) => one + other),
    min: minima.length === 0 ? undefined : Math.min(...minima),
    max: maxima.length === 0 ? undefined : Math.max(...maxima),
    quantile: (rank) => (parts.length === 1 ? first.quantiles?.[rank] : undefined),
  };
}
