import type { MetricInfo, RangeAnswer, RangeSeries, Summary } from './api.ts';
import { PALETTE, type ChartData, type Line } from './chart.ts';
import { formatShort, formatValue } from './format.ts';

/** What is drawn and written of one metric. */
export interface Figures {
  readonly chart: ChartData;
  /** The number in large letters, and those beside it. */
  readonly headline: readonly { readonly value: string; readonly label: string; readonly swatch?: string }[];
}

export function typeLabel({ type, unit }: MetricInfo, unitText: string): string {
  return unit ? `${type} · ${unitText}` : type;
}

/** The parts of an answer that belong to one card. A name may be of two types; the first one is shown there. */
export function figuresOf(series: RangeSeries, { seconds: step, until }: RangeAnswer): Figures {
  const times = series.points.map(([seconds]) => seconds);
  const common = { times, step, unit: series.unit, isCount: series.type === 'counter' };
  switch (series.type) {
    case 'counter': {
      const values = counted(series, step, until);
      const total = values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
      const rate = total / (times.length * step || 1);
      return {
        chart: { ...common, lines: [{ label: 'increase', color: '--counter', values }] },
        headline: [
          { value: formatShort(total, series.unit), label: 'in all' },
          ...(rate >= 0.01
            ? [{ value: formatShort(Number(rate.toPrecision(3)), series.unit), label: 'a second' }]
            : []),
          { value: formatShort(highest(values), series.unit), label: 'peak' },
        ],
      };
    }
    case 'gauge': {
      const values = numbers(series);
      return {
        chart: { ...common, lines: [{ label: 'value', color: '--gauge', values }] },
        headline: [
          { value: formatShort(last(values), series.unit), label: 'last' },
          { value: formatShort(lowest(values), series.unit), label: 'lowest' },
          { value: formatShort(highest(values), series.unit), label: 'highest' },
        ],
      };
    }
    case 'distribution': {
      const lines = (
        [
          ['p50', 2],
          ['p95', 1.5],
          ['p99', 1],
        ] as const
      ).map(([key, width]) => ({
        label: key,
        color: `--${key}`,
        width,
        values: summaries(series).map((summary) => summary[key]),
      }));
      const count = summaries(series).reduce((sum, summary) => sum + summary.count, 0);
      return {
        // The highest is drawn first, so that the others lie on top of it.
        chart: { ...common, lines: lines.toReversed() },
        headline: [
          { value: formatShort(last(lines[1]!.values), series.unit), label: 'p95', swatch: 'p95' },
          { value: formatShort(last(lines[0]!.values), series.unit), label: 'p50', swatch: 'p50' },
          { value: formatShort(last(lines[2]!.values), series.unit), label: 'p99', swatch: 'p99' },
          { value: formatShort(count, ''), label: 'values' },
        ],
      };
    }
  }
}

/** One line for each series of a split: of a distribution its p95. */
export function splitLines({ series, seconds, until }: RangeAnswer, tag: string): Line[] {
  return series.map((each, index) => ({
    label: each.tags[tag] || `no ${tag}`,
    color: PALETTE[index % PALETTE.length]!,
    values: valuesOf(each, seconds, until),
  }));
}

function valuesOf(series: RangeSeries, step: number, until: number): (number | null)[] {
  switch (series.type) {
    case 'counter':
      return counted(series, step, until);
    case 'gauge':
      return numbers(series);
    case 'distribution':
      return summaries(series).map(({ p95 }) => p95);
  }
}

/** A bucket that is not over is left open while nothing is in it: exports come late, and a fall to zero would look like news. */
function counted(series: RangeSeries, step: number, until: number): (number | null)[] {
  const values = numbers(series);
  const [seconds = 0] = series.points.at(-1) ?? [];
  if (values.at(-1) === 0 && seconds + step > until) values[values.length - 1] = null;
  return values;
}

function numbers({ points }: RangeSeries): (number | null)[] {
  return points.map(([, value]) => value as number | null);
}

export function summaries({ points }: RangeSeries): Summary[] {
  return points.map(([, value]) => value as Summary);
}

export function last(values: readonly (number | null)[]): number | null {
  return values.findLast((value) => value !== null) ?? null;
}

export function lowest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (low, value) => (value === null || (low !== null && low <= value) ? low : value),
    null,
  );
}

export function highest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (high, value) => (value === null || (high !== null && high >= value) ? high : value),
    null,
  );
}

/** What a bucket holds, in words: `p50 12 ms · p95 40 ms`. */
export function describeBucket({ chart }: Figures, index: number): string {
  const words = chart.lines.map(({ label, values }) => {
    const value = formatValue(values[index], chart.unit);
    return chart.lines.length === 1 ? value : `${label} ${value}`;
  });
  return words.toReversed().join(' · ');
}
