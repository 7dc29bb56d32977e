import type { RangeAnswer, RangeSeries, Summary } from './api.ts';
import { watchedPoints, type Watched } from './watched.ts';

/** What is shown: series of one answer. */
export interface Shown {
  readonly answer: RangeAnswer;
  readonly series: readonly RangeSeries[];
  readonly watched: Watched;
}

const SUMMARY_FIELDS = ['count', 'sum', 'min', 'max', 'p50', 'p95', 'p99'] as const;

/** Comma-separated values: a row for each bucket of each series. */
export function csvOf(shown: readonly Shown[]): string {
  const head = ['time', 'seconds', 'complete', 'name', 'type', 'unit', 'tags', 'value', ...SUMMARY_FIELDS];
  const rows = shown.flatMap(({ series, watched }) =>
    series.flatMap((each) =>
      watchedPoints(each, watched).map(([time, value], index) => [
        new Date(time * 1000).toISOString(),
        watched.step,
        index < watched.openFrom,
        cell(each.name),
        each.type,
        cell(each.unit),
        cell(tagsOf(each)),
        ...valuesOf(value),
      ]),
    ),
  );
  return [head, ...rows].map((row) => row.join(',')).join('\r\n') + '\r\n';
}

/** The same as JSON, with the fields of `/api/range`. */
export function jsonOf(shown: readonly Shown[]): string {
  const series = shown.flatMap(({ answer, series: all, watched }) =>
    all.map((each) => ({
      ...{ name: each.name, type: each.type, unit: each.unit, tags: each.tags },
      seconds: watched.step,
      completeUntil: answer.completeUntil,
      points: watchedPoints(each, watched),
    })),
  );
  return `${JSON.stringify({ series }, undefined, 1)}\n`;
}

function tagsOf({ tags }: RangeSeries): string {
  return Object.entries(tags)
    .map(([key, value]) => `${key}:${value}`)
    .join(' ');
}

function valuesOf(value: number | null | Summary): (number | string)[] {
  if (value === null || typeof value === 'number') return [value ?? '', ...SUMMARY_FIELDS.map(() => '')];
  return ['', ...SUMMARY_FIELDS.map((field) => value[field] ?? '')];
}

/** Names come from anywhere: a spreadsheet must not take one for a formula. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
