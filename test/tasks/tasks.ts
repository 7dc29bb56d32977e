// pnpm tasks: does everyday tasks with each library, checks what arrives, and writes down what it took.
import { readFileSync, writeFileSync } from 'node:fs';
import { LIBRARIES } from './libraries.ts';
import { tasksPage, tasksSummary, type Result } from './pages.ts';
import { compilePrograms, PROGRAMS } from './programs.ts';
import { Session } from './session.ts';
import { TASKS } from './task-list.ts';

const README = new URL('../../README.md', import.meta.url);
const PAGE = new URL('../../docs/tasks.md', import.meta.url);
const PLACE_IN_README = /(?<=\n## Ten everyday tasks\n)[^]*?(?=\n## )/;

const preloads = LIBRARIES.flatMap(({ preload }) => preload ?? []);
await using programs = await compilePrograms([...PROGRAMS, ...preloads]);

const results: Result[] = [];
for (const task of TASKS) {
  for (const library of LIBRARIES) {
    const reason = task.impossible?.[library.name];
    const finding =
      reason === undefined
        ? await task.run(new Session(library, programs))
        : ({ done: 'no', seen: reason } as const);
    results.push({ task, library, finding });
    console.log(`${task.title}, ${library.title}: ${finding.done}; ${finding.seen}`);
  }
}

const readme = readFileSync(README, 'utf8');
if (!PLACE_IN_README.test(readme)) throw new Error(`${README.href} has no heading for the tasks.`);
writeFileSync(
  README,
  readme.replace(PLACE_IN_README, () => tasksSummary(results)),
);
writeFileSync(PAGE, tasksPage(results));
