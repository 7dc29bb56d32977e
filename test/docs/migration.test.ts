import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellOf, MIGRATIONS, MIGRATION_SOURCES, runStage, STAGES } from '../migration/migrations.ts';
import { codeIn, codeOn, expectedOn } from '../migration/pages.ts';
import { runWithSentrySettings, SENTRY_SETTINGS, sentryCellOf } from '../migration/sentry.ts';
import { compilePrograms, type CompiledPrograms } from '../tasks/programs.ts';

let programs: CompiledPrograms;
beforeAll(async () => {
  programs = await compilePrograms(MIGRATION_SOURCES);
});
afterAll(() => programs[Symbol.asyncDispose]());

test.each([
  ...MIGRATIONS.map(({ name }) => [name, STAGES.map((stage) => `${stage}.ts`)] as const),
  ['sentry', ['app.ts', ...SENTRY_SETTINGS.map((settings) => `${settings}.env`)]] as const,
])('the page about %s shows its programs and settings as they run', (name, files) => {
  expect(codeOn(name)).toEqual(files.map((file) => codeIn(name, file)));
});

for (const library of MIGRATIONS) {
  const expected = expectedOn(library.name);
  for (const stage of STAGES) {
    test.concurrent(`from ${library.title}, ${stage}: the server gets the numbers on the page`, async () => {
      const arrived = await runStage(library, stage, programs);
      const rows = Object.keys(expected[stage]!);
      expect(Object.fromEntries(rows.map((row) => [row, cellOf(arrived, row)]))).toEqual(expected[stage]);
    });
  }
}

for (const settings of SENTRY_SETTINGS) {
  test.concurrent(`Sentry's settings, ${settings}: the backends get the numbers on the page`, async () => {
    const expected = expectedOn('sentry')[settings]!;
    const outcome = await runWithSentrySettings(settings, programs);
    const rows = Object.keys(expected);
    expect(Object.fromEntries(rows.map((row) => [row, sentryCellOf(outcome, row)]))).toEqual(expected);
  });
}
