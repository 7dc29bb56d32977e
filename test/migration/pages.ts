import { readFileSync } from 'node:fs';
import { readTable } from '../readme-table.ts';

/** The first heading of the table of what arrives, on each page. */
const ARRIVES = 'what the server gets';

const PROGRAMS = new URL('programs/', import.meta.url);

function pageOf(name: string): URL {
  return new URL(`../../docs/migration/from-${name}.md`, import.meta.url);
}

/** What the page of a migration says that the server gets: for each column, cells by row. */
export function expectedOn(name: string): Record<string, Record<string, string>> {
  return readTable(pageOf(name), ARRIVES);
}

/** The programs and settings that the page of a migration shows, in its order. */
export function codeOn(name: string): string[] {
  const page = readFileSync(pageOf(name), 'utf8');
  return Array.from(page.matchAll(/^```(?:ts|env)\n([^]*?)^```$/gm), ([, code = '']) => code);
}

/** The text of a file among the programs of a migration. */
export function codeIn(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, PROGRAMS), 'utf8');
}
