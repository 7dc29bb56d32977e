import { markdownTable } from '../markdown-table.ts';
import { countPackages, LIBRARIES, versionOf, type Library } from './libraries.ts';
import { countLines, PROGRAMS, regionsOf } from './programs.ts';
import { TASKS, type Task } from './task-list.ts';
import type { Finding } from './task-runs.ts';

/** What a library has shown at a task. */
export interface Result {
  readonly task: Task;
  readonly library: Library;
  readonly finding: Finding;
}

/** The heading of the first column in the README. */
export const TASK_COLUMN = 'lines of code';

/** Their code is on the page. */
const INSTRUCTIVE = new Set(['time', 'request-context']);

const BETTER_ELSEWHERE = [
  '**dd-trace** and the instrumentations of **OpenTelemetry** measure HTTP, databases and queues without a line of yours. Tallykit ' +
    'measures what you tell it to, and works beside them.',
  '**prom-client** serves a scrape endpoint without OpenTelemetry, with the fewest packages, and `curl` shows everything at any time. ' +
    "Tallykit's endpoint is OpenTelemetry's own.",
  '**hot-shots** has few packages as well, sends each call at once, has the shortest unit test beside prom-client, and knows sets, ' +
    'which OpenTelemetry and Tallykit do not.',
  '**dd-trace** and **datadog-metrics** need no line for a clean shutdown, where the program ends by itself.',
  '**Datadog** and **Grafana** are the better dashboards, with alerts, and for many services at once.',
];

/** The section of the README. */
export function tasksSummary(results: readonly Result[]): string {
  const tasks = TASKS.map((task) => [
    rowOf(task),
    ...LIBRARIES.map((library) => cellOf(resultOf(results, task, library))),
  ]);
  return `
Lines of code that ten everyday tasks take: those that a program has once + those at each place. \`0\`: the library does it by
itself. \`variable\`: an environment variable at the start does it. \`pnpm tasks\` runs each program, and compares what a real
receiver got with what was recorded. [The page](docs/tasks.md) shows what is seen, and what the lines don't tell.

${markdownTable(
  [
    [TASK_COLUMN, ...LIBRARIES.map(({ title }) => title)],
    ...tasks,
    ['packages installed', ...LIBRARIES.map((library) => String(countPackages(library)))],
  ],
  1,
)}

**Where others are better.**

${bulletsOf(BETTER_ELSEWHERE)}
`;
}

/** The page about the tasks. */
export function tasksPage(results: readonly Result[]): string {
  return `# Ten everyday tasks

One short program for each task and library, written as the documentation of the library shows it. \`pnpm tasks\` runs all of
them and writes this page and the table of the README. Each program sends to a real receiver of its protocol: DogStatsD over UDP
and HTTP, Datadog's HTTP API, OTLP, or a scrape. The run fails where what arrived is not what was recorded. The programs are in
[test/tasks/programs](../test/tasks/programs).

**What is counted.** Lines of code, as the formatter of this repository leaves them, without empty lines and comments. \`2 + 1\`
means two lines that a program has once for all its metrics (imports and set-up), and one line for each metric and place
(declaration and call). What is measured, the web server and the end of the program are not counted. The end is a task of its own.
\`0\` means that the library does it by itself, and \`variable\` that an environment variable at the start does it. Addresses
come from the variables that each library reads.

${versionsOf()}

${TASKS.map((task) => sectionOf(task, results)).join('\n')}
## Where others are better

${bulletsOf(BETTER_ELSEWHERE)}
`;
}

function versionsOf(): string {
  const node = process.versions.node.split('.')[0];
  return wrap(
    `**Versions.** Node ${node}, with the newest versions that run on it: ${LIBRARIES.map(versionOf).join(', ')}. dd-trace 6 ` +
      'and OpenTelemetry 3 need Node 22.15. Tallykit runs from this repository.',
  );
}

function sectionOf(task: Task, results: readonly Result[]): string {
  const rows = LIBRARIES.map((library) => {
    const result = resultOf(results, task, library);
    return [library.title, cellOf(result), result.finding.seen];
  });
  const programs = INSTRUCTIVE.has(task.name)
    ? `\n${LIBRARIES.map((library) => excerptOf(task, library)).join('\n')}`
    : '';
  return `## ${task.title}

${wrap(task.what)}

${markdownTable([['', 'lines', 'what is seen'], ...rows], 3)}

${bulletsOf(task.remarks)}
${programs}`;
}

/** The lines of a program that are counted. */
function excerptOf(task: Task, library: Library): string {
  const source = sourceOf(task, library);
  const regions = [...regionsOf(source, 'set-up'), ...regionsOf(source, 'use')];
  return `${library.title}:

\`\`\`ts
${regions.map((region) => region.trimEnd()).join('\n')}
\`\`\`
`;
}

/** What stands in the table for a result. */
export function cellOf({ task, library, finding }: Result): string {
  switch (finding.done) {
    case 'no':
      return 'no';
    case 'by itself':
      return '0';
    case 'by a variable':
      return 'variable';
    case 'by code': {
      const source = sourceOf(task, library);
      return `${countLines(regionsOf(source, 'set-up'))} + ${countLines(regionsOf(source, 'use'))}`;
    }
  }
}

function sourceOf(task: Task, library: Library): string {
  const source = `tasks/programs/${task.name}/${library.name}.ts`;
  if (!PROGRAMS.includes(source)) throw new Error(`There is no ${source}.`);
  return source;
}

function resultOf(results: readonly Result[], task: Task, library: Library): Result {
  return results.find((result) => result.task === task && result.library === library)!;
}

function bulletsOf(texts: readonly string[]): string {
  return texts.map((text) => wrap(`- ${text}`, '  ')).join('\n');
}

const TEXT_WIDTH = 120;

function wrap(text: string, indentation = ''): string {
  const [first = '', ...words] = text.split(' ');
  const lines = [first];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= TEXT_WIDTH) lines[lines.length - 1] = line;
    else lines.push(indentation + word);
  }
  return lines.join('\n');
}

/** What a row of the README is called. */
export function rowOf({ title }: Task): string {
  return `[${title}](docs/tasks.md#${anchorOf(title)})`;
}

/** As GitHub makes it of a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}
