// pnpm migration: runs the programs of the migration guides, and prints what a server gets before, in between and after.
import { markdownTable } from '../markdown-table.ts';
import type { Arrivals } from '../tasks/arrivals.ts';
import { compilePrograms } from '../tasks/programs.ts';
import { cellOf, MIGRATIONS, MIGRATION_SOURCES, runStage, STAGES } from './migrations.ts';
import { expectedOn } from './pages.ts';
import { runWithSentrySettings, SENTRY_SETTINGS, sentryCellOf, type SentryOutcome } from './sentry.ts';

await using programs = await compilePrograms(MIGRATION_SOURCES);
let isAsExpected = true;

for (const library of MIGRATIONS) {
  const arrived: Arrivals[] = [];
  for (const stage of STAGES) arrived.push(await runStage(library, stage, programs));
  print(library.name, library.title, STAGES, (row, column) => cellOf(arrived[column]!, row));
}

const outcomes: SentryOutcome[] = [];
for (const settings of SENTRY_SETTINGS) outcomes.push(await runWithSentrySettings(settings, programs));
print('sentry', "Sentry's settings", SENTRY_SETTINGS, (row, column) => sentryCellOf(outcomes[column]!, row));

if (!isAsExpected) process.exitCode = 1;

function print(
  name: string,
  title: string,
  columns: readonly string[],
  cell: (row: string, column: number) => string,
): void {
  const expected = expectedOn(name);
  const rows = Object.keys(expected[columns[0]!]!).map((row) => [
    row,
    ...columns.map((heading, column) => {
      const found = cell(row, column);
      if (found === expected[heading]![row]) return found;
      isAsExpected = false;
      return `${found} (NOT ${expected[heading]![row]})`;
    }),
  ]);
  console.log(`\nFrom ${title}:\n`);
  console.log(markdownTable([['what the server gets', ...columns], ...rows], columns.length + 1));
}
