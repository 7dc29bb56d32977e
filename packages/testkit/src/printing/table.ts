import type { SeriesWatch, WatchedSeries } from './series-watch.ts';
import { fit, shortNumber, shortSpan, type Paint } from './text.ts';

/** How a table is drawn. */
export interface TableOptions {
  /** What stands above it: where the servers listen. */
  readonly title: string;
  /** In milliseconds. */
  readonly now: number;
  /** How many characters a line has. */
  readonly columns: number;
  /** How many lines there are. */
  readonly rows: number;
  readonly paint: Paint;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly textOf: (series: WatchedSeries, now: number) => string;
}

const quantile =
  (q: number) =>
  ({ sketch }: WatchedSeries): string =>
    sketch === undefined ? '' : shortNumber(sketch.quantile(q), 3);

const TYPES = { count: 'count', gauge: 'gauge', timing: 'time', distribution: 'dist' } as const;

const TYPE: Column = { title: 'type', width: 5, textOf: ({ type }) => TYPES[type] };
const VALUE: Column = { title: 'value', width: 7, textOf: ({ total }) => shortNumber(total) };
const RATE: Column = {
  title: 'per s',
  width: 7,
  textOf: ({ rate }) => (rate === undefined ? '' : shortNumber(rate, 3)),
};
const P50: Column = { title: 'p50', width: 7, textOf: quantile(0.5) };
const P95: Column = { title: 'p95', width: 7, textOf: quantile(0.95) };
const P99: Column = { title: 'p99', width: 7, textOf: quantile(0.99) };
const SEEN: Column = {
  title: 'seen',
  width: 10,
  textOf: ({ lastAt, isQuiet }, now) => `${isQuiet ? 'quiet ' : ''}${shortSpan(now - lastAt)}`,
};

const WIDE = [TYPE, VALUE, RATE, P50, P95, P99, SEEN];
const NARROW = [VALUE, RATE, P95, SEEN];
const NARROWEST = [VALUE, SEEN];
/** Below these widths, some columns are left out so that there is place for the name. */
const WIDE_COLUMNS = 100;
const NARROW_COLUMNS = 60;
/** How many of the last bad lines, and of the last events, are shown. */
const TEXTS = 3;

/** What has arrived as a table that fits into a terminal. */
export function drawTable(watch: SeriesWatch, options: TableOptions): string[] {
  const { now, rows, paint } = options;
  const all = watch.series(now);
  const texts = drawTexts(watch, options);
  const head = drawHead(watch, all, options);
  const place = Math.max(1, rows - head.length - texts.length - 1);
  const shown = all.length > place ? all.slice(0, place - 1) : all;
  const hidden = all.length - shown.length + watch.leftOut;
  return [
    ...head,
    ...shown.map((one) => drawSeries(one, options)),
    ...(hidden > 0 ? [paint('dim', `… ${hidden} more`)] : []),
    ...texts,
  ];
}

function drawHead(watch: SeriesWatch, all: readonly WatchedSeries[], options: TableOptions): string[] {
  const { title, columns, paint } = options;
  const quiet = all.filter(({ isQuiet }) => isQuiet).length;
  const counts = [
    `${all.length} series`,
    `${watch.payloads} payloads`,
    ...(watch.bad > 0 ? [paint('red', `${watch.bad} bad`)] : []),
    ...(quiet > 0 ? [paint('yellow', `${quiet} quiet`)] : []),
  ];
  const heading = drawCells(
    'series',
    columnsFor(columns).map((column) => column.title),
    columns,
  );
  return [paint('bold', cut(title, columns)), counts.join(' · '), '', paint('dim', heading)];
}

function drawSeries(series: WatchedSeries, { columns, now, paint }: TableOptions): string {
  const { name, tags, isQuiet } = series;
  const cells = columnsFor(columns).map((column) => column.textOf(series, now));
  const line = drawCells(tags === '' ? name : `${name} ${tags}`, cells, columns);
  return isQuiet ? paint('yellow', line) : line;
}

function drawCells(name: string, cells: readonly string[], columns: number): string {
  const chosen = columnsFor(columns);
  const taken = chosen.reduce((sum, { width }) => sum + width + 1, 0);
  const texts = cells.map((text, index) => fit(text, chosen[index]!.width, 'right'));
  return [fit(name, Math.max(8, columns - taken)), ...texts].join(' ');
}

function columnsFor(columns: number): readonly Column[] {
  if (columns >= WIDE_COLUMNS) return WIDE;
  return columns >= NARROW_COLUMNS ? NARROW : NARROWEST;
}

function drawTexts(watch: SeriesWatch, { columns, now, paint }: TableOptions): string[] {
  const draw = (kind: 'event' | 'check' | 'bad', word: string) =>
    watch
      .texts(kind)
      .slice(-TEXTS)
      .map(({ at, text }) => {
        const start = `${kind} ${shortSpan(now - at)} ago `;
        return word + cut(start + text, columns).slice(kind.length);
      });
  const texts = [
    ...draw('event', paint('cyan', 'event')),
    ...draw('check', paint('cyan', 'check')),
    ...draw('bad', paint('red', 'bad')),
  ];
  return texts.length === 0 ? [] : ['', ...texts];
}

function cut(text: string, columns: number): string {
  return fit(text, columns).trimEnd();
}
