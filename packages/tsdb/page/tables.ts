import type { Line } from './chart.ts';
import { create, swatch } from './elements.ts';
import { highest, latest, lowest, sumOf, type Figures } from './figures.ts';
import { formatCount, formatMoment, formatSeconds, formatTime, formatValue } from './format.ts';
import type { EventInfo } from './api.ts';

/** A row for each line: what it is now, or in one bucket, and what it was in the whole range. */
export function summaryTable(
  table: HTMLTableElement,
  { chart, total }: Figures,
  {
    further = [],
    hovered = null,
    more = 0,
  }: { further?: readonly Line[]; hovered?: number | null; more?: number } = {},
): void {
  const drawn = chart.isBand ? chart.lines.toReversed() : chart.lines;
  const lines = [...drawn, ...further, ...(total === undefined ? [] : [total])];
  const hasCounts = lines.some(({ isCount }) => isCount);
  const time = hovered === null ? undefined : chart.times[hovered];
  const titles = [
    `steps of ${formatSeconds(chart.step)}`,
    time === undefined ? 'latest' : formatTime(time, chart.step),
    'lowest',
    'highest',
    ...(hasCounts ? ['in all'] : []),
  ];
  const rows = lines.map((line) => {
    const value = hovered === null ? latest(line) : (line.values[hovered] ?? null);
    const isOpen = hovered !== null && hovered >= line.openFrom;
    const cells = [value, lowest(line), highest(line)].map((each) => formatValue(each, line.unit));
    if (isOpen) cells[0] += ' so far';
    if (hasCounts) cells.push(line.isCount ? formatValue(sumOf(line), line.unit) : '');
    return rowOf([...(line.color === '' ? [] : [swatch(line.color)]), line.label], cells);
  });
  if (more > 0) rows.push(rowOf([`and ${formatCount(more)} more, with less in them`], []));
  fill(table, titles, rows);
}

/** A row for each bucket, the newest first. */
export function bucketTable(
  table: HTMLTableElement,
  { chart: { lines, times, step, isBand }, total }: Figures,
): void {
  const columns = [...(isBand ? lines.toReversed() : lines), ...(total === undefined ? [] : [total])];
  const rows = times.map((time, index) =>
    rowOf(
      [formatTime(time, step)],
      columns.map(({ values, unit, openFrom }) => {
        const value = formatValue(values[index], unit);
        return index >= openFrom ? `${value} so far` : value;
      }),
    ),
  );
  fill(table, ['from', ...columns.map(({ label }) => label)], rows.toReversed());
}

/** A row for each event, the newest first. */
export function eventTable(table: HTMLTableElement, events: readonly EventInfo[]): void {
  const rows = events.toReversed().map(({ time, title, text, alertType, tags }) => {
    const facts = Object.entries(tags).map(([key, value]) => `${key}:${value}`);
    return rowOf(
      [formatMoment(time)],
      [title, text, [...(alertType === null ? [] : [alertType]), ...facts].join(' ')],
    );
  });
  fill(table, ['time', 'event', 'text', 'kind and tags'], rows);
}

function rowOf(head: readonly (Node | string)[], cells: readonly string[]): HTMLTableRowElement {
  const title = create('th', {}, ...head);
  title.scope = 'row';
  return create('tr', {}, title, ...cells.map((text) => create('td', { text })));
}

function fill(table: HTMLTableElement, titles: readonly string[], rows: readonly HTMLElement[]): void {
  const heads = titles.map((text) => {
    const head = create('th', { text });
    head.scope = 'col';
    return head;
  });
  table.replaceChildren(
    ...(table.caption ? [table.caption] : []),
    create('thead', {}, create('tr', {}, ...heads)),
    create('tbody', {}, ...rows),
  );
}
