import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf } from '../docs/blocks.ts';
import { readTable } from '../readme-table.ts';
import { TALLYKIT } from '../tasks/libraries.ts';
import { cellOf, rowOf, TASK_COLUMN } from '../tasks/pages.ts';
import { compilePrograms, PROGRAMS, regionsOf, type CompiledPrograms } from '../tasks/programs.ts';
import { Session } from '../tasks/session.ts';
import { TASKS } from '../tasks/task-list.ts';

// The programs of the other libraries run with `pnpm tasks`.
let programs: CompiledPrograms;
beforeAll(async () => {
  programs = await compilePrograms(PROGRAMS.filter((source) => source.endsWith('/tallykit.ts')));
});
afterAll(() => programs[Symbol.asyncDispose]());

const readme = readTable(new URL('../../README.md', import.meta.url), TASK_COLUMN);

for (const task of TASKS) {
  test.concurrent(`the task "${task.title}" takes what the README says`, async ({ expect: expectOfTest }) => {
    const finding = await task.run(new Session(TALLYKIT, programs));
    expectOfTest(cellOf({ task, library: TALLYKIT, finding })).toBe(readme.Tallykit![rowOf(task)]);
  });
}

test('the page shows programs as they are', () => {
  const excerpts = PROGRAMS.map((source) =>
    [...regionsOf(source, 'set-up'), ...regionsOf(source, 'use')]
      .map((region) => region.trimEnd())
      .join('\n'),
  );
  const shown = blocksOf('docs/tasks.md').map(({ text }) => text);
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((text) => !excerpts.includes(text))).toEqual([]);
});
