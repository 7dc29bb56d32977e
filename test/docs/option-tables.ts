import vm from 'node:vm';
import { markdownTable } from '../markdown-table.ts';
import { fillPlaces, namesOfPlaces } from '../page-places.ts';
import type { DocumentedOption } from './option-types.ts';

const KIND = 'options';

/** The types whose tables are on a page. */
export function typesOn(page: string): string[] {
  return namesOfPlaces(page, KIND).map((name) => name ?? '');
}

/** A page with its tables written anew. */
export function withTables(page: string, optionsOf: (type: string) => readonly DocumentedOption[]): string {
  return fillPlaces(page, KIND, (type) => tableOf(optionsOf(type)));
}

function tableOf(options: readonly DocumentedOption[]): string {
  const rows = options.map(({ name, type, default: standard, isRequired, variables, meaning, condition }) => [
    code(name),
    code(type),
    isRequired ? 'required' : isCode(standard) ? code(standard) : standard,
    variables.map(code).join(', '),
    [condition === '' ? '' : `Only ${condition}.`, meaning].filter((part) => part !== '').join(' '),
  ]);
  const head = ['option', 'type', 'default', 'variable', 'meaning'];
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', String.raw`\|`)));
  return markdownTable(cells, head.length);
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Whether a default is a value, and not words about it. */
function isCode(text: string): boolean {
  return valueOf(text) !== undefined;
}

/** The value that a default is written as; `undefined` for words. */
export function valueOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: vm.runInNewContext(`(${text})`) as unknown };
  } catch {
    return undefined;
  }
}
