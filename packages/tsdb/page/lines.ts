import type { RangeSeries, Summary } from './api.ts';
import { PALETTE, type Line } from './chart.ts';
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
  return { ...lineOf(series, watched, read), label: 'values', color: '', unit: '', isCount: true };
}

/** The sum of lines that are counts of one unit; `undefined` when they are something else. */
export function totalOf(lines: readonly Line[]): Line | undefined {
  const [first] = lines;
  if (first === undefined || lines.length < 2) return undefined;
  if (!lines.every(({ isCount, unit }) => isCount && unit === first.unit)) return undefined;
  const values = first.values.map((_, index) =>
    lines.reduce((sum, line) => sum + (line.values[index] ?? 0), 0),
  );
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
