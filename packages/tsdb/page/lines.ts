import type { RangeSeries, Summary } from './api.ts';
import { PALETTE, scaleOf, type Line } from './chart.ts';
import { watchedPoints, type Watched } from './watched.ts';
import { keyOf, type View } from './views.ts';

/** The percentiles of a distribution, in the order in which they are drawn: the highest first, so that the others lie on top. */
const PERCENTILES = [
  ['p99', 1],
  ['p95', 1.5],
  ['p50', 2],
] as const;

/** What is written of a distribution and not drawn. */
const FURTHER: readonly (readonly [label: string, (summary: Summary) => number | null])[] = [
  ['mean', ({ count, sum }) => (count > 0 && sum !== null ? sum / count : null)],
  ['smallest', ({ min }) => min],
  ['largest', ({ max }) => max],
];

/** The lines of a view: of one metric its own, of several series one for each; of a distribution its p95 there. */
export function linesOf(series: readonly RangeSeries[], view: View, watched: Watched): Line[] {
  const [first] = series;
  if (first === undefined) return [];
  if (series.length === 1 && view.metrics.length === 1 && view.split === '') return ownLines(first, watched);
  return series.map((each, index) => ({
    ...mainLine(each, watched),
    label: labelOf(each, view),
    color: PALETTE[index % PALETTE.length]!,
  }));
}

/** The figures of a metric that are written below its lines. */
export function furtherLines(series: RangeSeries, watched: Watched): Line[] {
  if (series.type !== 'distribution') return [];
  const further = FURTHER.map(([label, read]) => ({
    ...lineOf(series, watched, (value) => read(value as Summary)),
    label,
    color: '',
  }));
  return [...further, countLine(series, watched)];
}

/** How many values a distribution has in each bucket. */
export function countLine(series: RangeSeries, watched: Watched): Line {
  const read = (value: unknown) => (value as Summary).count;
  return {
    ...lineOf(series, watched, read),
    label: 'values',
    color: '',
    unit: '',
    isCount: true,
    canBeAdded: true,
  };
}

/** Whether lines make a sum: all of them are counts of one unit, or levels of one. */
export function makeSum(lines: readonly Line[]): boolean {
  const [first] = lines;
  return first !== undefined && lines.every((line) => line.canBeAdded && scaleOf(line) === scaleOf(first));
}

/** The sum of several lines; `undefined` when they make none. Of levels it is unknown where none of them is known. */
export function totalOf(lines: readonly Line[]): Line | undefined {
  if (lines.length < 2 || !makeSum(lines)) return undefined;
  const [first] = lines as readonly [Line];
  const values = first.values.map((_, index) => {
    const known = lines.flatMap((line) => line.values[index] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value);
  });
  return { ...first, label: 'total', color: '', values };
}

/** The one line that stands for a series beside others. */
export function mainLine(series: RangeSeries, watched: Watched): Line {
  if (series.type === 'distribution') {
    return { ...lineOf(series, watched, (value) => (value as Summary).p95), label: 'p95', color: '--p95' };
  }
  const line = lineOf(series, watched, (value) => value as number | null);
  return series.type === 'counter'
    ? { ...line, label: 'increase', color: '--counter' }
    : { ...line, label: 'value', color: '--gauge' };
}

function ownLines(series: RangeSeries, watched: Watched): Line[] {
  if (series.type !== 'distribution') return [mainLine(series, watched)];
  return PERCENTILES.map(([key, width]) => ({
    ...lineOf(series, watched, (value) => (value as Summary)[key]),
    label: key,
    color: `--${key}`,
    width,
  }));
}

function lineOf(
  series: RangeSeries,
  watched: Watched,
  read: (value: unknown) => number | null,
): Omit<Line, 'label' | 'color'> {
  const values = watchedPoints(series, watched).map(([, value]) => read(value));
  const isOpen = series.type !== 'gauge' || watched.areGaugesOpen;
  return {
    unit: series.unit,
    isCount: series.type === 'counter',
    canBeAdded: series.type !== 'distribution',
    values,
    wholeFrom: watched.wholeFrom,
    openFrom: isOpen ? watched.openFrom : values.length,
  };
}

function labelOf(series: RangeSeries, { metrics, split }: View): string {
  const isOnlyName = metrics.filter((key) => key.endsWith(`:${series.name}`)).length === 1;
  const name = isOnlyName ? series.name : keyOf(series);
  const value = split === '' ? '' : series.tags[split] || `no ${split}`;
  const parts = metrics.length === 1 ? [value] : [name, value];
  const label = parts.filter(Boolean).join(' · ');
  return series.type === 'distribution' ? `${label} (p95)` : label;
}
