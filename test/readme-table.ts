import { readFileSync } from 'node:fs';

/**
 * A table of a README or another page: for each column, by its title, the cells by the title of their row.
 *
 * @param cell the first cell of the heading
 */
export function readTable(page: URL, cell: string): Record<string, Record<string, string>> {
  const lines = readFileSync(page, 'utf8').split('\n');
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((text) => text.trim());
  const start = lines.findIndex((line) => cellsOf(line)[0] === cell);
  if (start === -1) throw new Error(`${page.href} has no table ${cell}`);
  const end = lines.findIndex((line, index) => index > start && !line.trim().startsWith('|'));
  const [, ...columns] = cellsOf(lines[start]!);
  const rows = lines.slice(start + 2, end).map(cellsOf);
  return Object.fromEntries(
    columns.map((column, index) => [
      column,
      Object.fromEntries(rows.map((row) => [row[0], row[index + 1]!])),
    ]),
  );
}

/** The number that `9n` stands for. */
export function countOf(cell: string, n: number): number {
  const [, factor, name] = /^(\d*)(n?)$/.exec(cell) ?? [];
  if (!factor && !name) throw new Error(`${cell} is no number of series`);
  return Number(factor || 1) * (name ? n : 1);
}
