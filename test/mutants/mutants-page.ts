import { markdownTable } from '../markdown-table.ts';
import { REASONS, UNNOTICED, type Reason } from './equivalent.ts';
import { STAGES } from './stages.ts';

/** One change of the code, and what the tests said to it. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The source's line. */
  readonly code: string;
  /** What is replaced. */
  readonly text: string;
  readonly replacement: string;
  /** Stryker's word. */
  readonly status: string;
}

export type Results = Record<string, { readonly mutants: readonly Mutant[]; readonly seconds: number }>;

/** The title of the column with {@link scoreOf}. */
export const SCORE = 'of those that matter, %';

const DETECTED = ['Killed', 'Timeout'];
const UNDETECTED = ['Survived', 'NoCoverage'];

const INTRODUCTION = `# Mutants

This page shows what the tests of the pure stages notice. \`pnpm mutants\` changes the code of these stages in small ways, one at a time: another operator, a condition that always holds, a call that is left out. After each change it runs the quick tests of the stage. A change is noticed when a test fails, or never ends. \`pnpm mutants --update\` writes this page.

The score is the share of changes that are noticed. "Of those that matter" leaves out the changes that no test has to notice; \`test/mutants/equivalent.ts\` lists them with their reasons. Code that runs when a module is loaded is not changed.
`;

/** What is printed: the scores, and every survivor without a reason. */
export function summaryOf(results: Results): string {
  return [tableOf(results), ...openSurvivors(results).map((mutant) => `survived ${lineOf(mutant)}`)].join(
    '\n',
  );
}

export function pageOf(results: Results): string {
  const all = Object.values(results).flatMap(({ mutants }) => mutants);
  const byReason = Object.keys(REASONS).map((reason) => [
    REASONS[reason as Reason],
    String(all.filter((mutant) => isUndetected(mutant) && reasonOf(mutant) === reason).length),
  ]);
  const open = openSurvivors(results);
  const missing = Object.keys(STAGES).filter((name) => !(name in results));
  return [
    INTRODUCTION,
    tableOf(results),
    '',
    ...(missing.length > 0 ? [`Not measured yet: ${missing.join('; ')}.`, ''] : []),
    '## Survivors that no test has to notice',
    '',
    markdownTable([['why', 'mutants'], ...byReason], 1),
    '',
    '## Other survivors',
    '',
    open.length === 0 ? 'There are none.' : open.map((mutant) => `- ${lineOf(mutant, '`')}`).join('\n'),
    '',
  ].join('\n');
}

function tableOf(results: Results): string {
  const rows = Object.entries(results).map(([name, { mutants }]) => rowOf(name, mutants));
  const all = Object.values(results).flatMap(({ mutants }) => mutants);
  const head = ['stage', 'mutants', 'noticed', 'score, %', SCORE];
  return markdownTable([head, ...rows, ...(rows.length > 1 ? [rowOf('all', all)] : [])], 1);
}

function rowOf(name: string, mutants: readonly Mutant[]): string[] {
  const noticed = mutants.filter(isDetected).length;
  const all = noticed + mutants.filter(isUndetected).length;
  return [name, String(all), String(noticed), percent(noticed, all), scoreOf(mutants)];
}

/** The share of the mutants that are noticed, in percent, without those that no test has to notice. */
export function scoreOf(mutants: readonly Mutant[]): string {
  const noticed = mutants.filter(isDetected).length;
  return percent(noticed, noticed + mutants.filter(isOpen).length);
}

function percent(part: number, all: number): string {
  return ((part / all) * 100).toFixed(1);
}

function openSurvivors(results: Results): Mutant[] {
  return Object.values(results)
    .flatMap(({ mutants }) => mutants)
    .filter(isOpen);
}

function isDetected({ status }: Mutant): boolean {
  return DETECTED.includes(status);
}

function isOpen(mutant: Mutant): boolean {
  return isUndetected(mutant) && reasonOf(mutant) === undefined;
}

function isUndetected({ status }: Mutant): boolean {
  return UNDETECTED.includes(status);
}

function reasonOf({ file, code, text, replacement }: Mutant): Reason | undefined {
  return UNNOTICED.find(
    (one) =>
      one.file === file &&
      code.includes(one.code) &&
      (one.text === undefined || one.text === onOneLine(text)) &&
      (one.replacement === undefined || one.replacement === onOneLine(replacement)),
  )?.reason;
}

/** @param quote around code */
function lineOf({ file, line, text, replacement }: Mutant, quote = ''): string {
  const shown = (code: string) => `${quote}${cut(onOneLine(code)).replaceAll(quote || '\0', '')}${quote}`;
  return `${file}:${line}: ${shown(text)} → ${replacement === '' ? 'nothing' : shown(replacement)}`;
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
