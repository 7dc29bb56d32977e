import type { MetricInfo, RangeAnswer, RangeSeries } from './api.ts';
import type { ChartData, Line } from './chart.ts';
import { formatShort, formatValue, unitLabel } from './format.ts';
import { countLine, linesOf, makeSum, totalOf } from './lines.ts';
import type { Mark } from './marks.ts';
import { keyOf, type View } from './views.ts';
import { watchedOf, type Watched } from './watched.ts';

export interface Headline {
  readonly value: string;
  readonly label: string;
  /** The colour of what it belongs to. */
  readonly color?: string;
}

/** What is drawn and written of a view. */
export interface Figures {
  readonly chart: ChartData;
  readonly watched: Watched;
  /** The series of the answer that belong to the view. */
  readonly series: readonly RangeSeries[];
  readonly total: Line | undefined;
  /** The number in large letters, and those beside it. */
  readonly headline: readonly Headline[];
  /** Why there is nothing to draw; empty when there is something. */
  readonly nothing: string;
}

export interface Circumstances {
  /** How long after its end a bucket may still grow. */
  readonly flushSeconds: number;
  /** Whether the time axis leaves out what is before the beginning. */
  readonly isFitted: boolean;
  readonly hasTags: boolean;
  readonly marks: readonly Mark[];
}

export function typeLabel({ type, unit }: MetricInfo): string {
  return unit ? `${type} · ${unitLabel(unit)}` : type;
}

/** What an answer says about a view. */
export function figuresOf(answer: RangeAnswer, view: View, circumstances: Circumstances): Figures {
  const watched = watchedOf(answer, circumstances);
  const series = view.metrics.flatMap((key) => answer.series.filter((each) => keyOf(each) === key));
  const lines = linesOf(series, view, watched);
  const isOwn = view.metrics.length === 1 && view.split === '';
  const hasValues = lines.some(({ values }) => values.some((value) => value !== null));
  const { times, step, from, until, began } = watched;
  const total = totalOf(lines);
  return {
    chart: {
      ...{ times, step, from, until, began, lines },
      isStacked: view.isStacked && makeSum(lines) && !isOwn,
      isBand: isOwn && lines.length > 1,
      marks: circumstances.marks,
    },
    watched,
    series,
    total,
    headline:
      isOwn && series[0] ? ownHeadline(series[0], lines, watched) : linesHeadline(lines, total, watched),
    nothing: hasValues ? '' : nothingOf(series, circumstances.hasTags),
  };
}

function nothingOf(series: readonly RangeSeries[], hasTags: boolean): string {
  if (series.length > 0) return 'Nothing was recorded in this range.';
  return hasTags ? 'Nothing here has these tags.' : 'Nothing here in this range.';
}

function ownHeadline(series: RangeSeries, lines: readonly Line[], watched: Watched): Headline[] {
  const { unit } = series;
  const [first] = lines;
  switch (series.type) {
    case 'counter':
      return [
        { value: formatShort(sumOf(first!), unit), label: 'in all' },
        ...rateOf(sumOf(first!), unit, watched),
        { value: formatShort(highest(first!), unit), label: 'peak' },
      ];
    case 'gauge':
      return [
        { value: formatShort(latest(first!), unit), label: 'last' },
        { value: formatShort(lowest(first!), unit), label: 'lowest' },
        { value: formatShort(highest(first!), unit), label: 'highest' },
      ];
    case 'distribution': {
      const of = (label: string): Headline => {
        const line = lines.find((each) => each.label === label)!;
        return { value: formatShort(latest(line), unit), label, color: line.color };
      };
      const count = sumOf(countLine(series, watched));
      return [of('p95'), of('p50'), of('p99'), { value: formatShort(count, ''), label: 'values' }];
    }
  }
}

/** Several lines: what they are in all, and each with its colour. */
function linesHeadline(lines: readonly Line[], total: Line | undefined, watched: Watched): Headline[] {
  const each = lines.map((line) => ({
    value: formatShort(line.isCount ? sumOf(line) : latest(line), line.unit),
    label: line.label,
    color: line.color,
  }));
  if (total === undefined) return each;
  if (!total.isCount) return [{ value: formatShort(latest(total), total.unit), label: total.label }, ...each];
  const sum = sumOf(total);
  return [
    { value: formatShort(sum, total.unit), label: 'in all' },
    ...rateOf(sum, total.unit, watched),
    ...each,
  ];
}

const RATES = [
  [1, 'a second'],
  [60, 'a minute'],
  [3600, 'an hour'],
] as const;

/** A count over the time that was watched, for a span in which there is at least a tenth. */
function rateOf(count: number, unit: string, { seconds }: Watched): Headline[] {
  if (count === 0 || seconds < 1) return [];
  const rate = count / seconds;
  const [span, label] = RATES.find(([each]) => Math.abs(rate * each) >= 0.1) ?? RATES[2];
  return [{ value: formatShort(Number((rate * span).toPrecision(3)), unit), label }];
}

export function sumOf({ values }: Line): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

/** The last value that doesn't change any more; the last one at all when there is none. */
export function latest({ values, openFrom }: Line): number | null {
  const isThere = (value: number | null) => value !== null;
  return values.slice(0, openFrom).findLast(isThere) ?? values.findLast(isThere) ?? null;
}

/** The lowest value of the buckets that don't change any more; of counts only of those that were watched from their start. */
export function lowest({ values, isCount, wholeFrom, openFrom }: Line): number | null {
  const known = values.slice(isCount ? wholeFrom : 0, openFrom);
  return known.reduce((low, value) => (value === null || (low !== null && low <= value) ? low : value), null);
}

export function highest({ values }: Line): number | null {
  return values.reduce(
    (high, value) => (value === null || (high !== null && high >= value) ? high : value),
    null,
  );
}

/** What a bucket holds, in words: `p50 12 ms · p95 40 ms`. */
export function describeBucket({ chart: { lines } }: Figures, index: number): string {
  const words = lines.map(({ label, values, unit, openFrom }) => {
    const value = formatValue(values[index], unit);
    const shown = index >= openFrom ? `${value} so far` : value;
    return lines.length === 1 ? shown : `${label} ${shown}`;
  });
  return (lines.length > 1 && lines[0]!.label === 'p99' ? words.toReversed() : words).join(' · ');
}
