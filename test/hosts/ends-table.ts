// Prints what becomes of calls at each end of a process and at each server, as a Markdown table for the README.
// Parameter: how often each cell is run, 5 by default.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../markdown-table.ts';
import { Consumer, LINES } from '../packaging/consumer.ts';
import { packInto } from '../packaging/pack.ts';
import { cellsOf, ENDS_NEED, faultOf, obstacleOf, runEnd, SCENES, type Cell, type End } from './ends.ts';
import { copyPrograms } from './programs.ts';

const runs = Number(process.argv[2] ?? 5);
const cells = cellsOf(SCENES);
const results = new Map<Cell, End[]>();

/** Calls of all runs: those that arrived, `+` those that were counted, of those that were recorded. */
function textOf(ends: readonly End[]): string {
  if (ends.length === 0) return '–';
  const sum = (key: 'arrived' | 'counted' | 'recorded'): number =>
    ends.reduce((total, end) => total + end[key], 0);
  const counted = sum('counted');
  return `${sum('arrived')}${counted === 0 ? '' : ` + ${counted}`} of ${sum('recorded')}`;
}

async function runCell(cell: Cell, folder: string): Promise<void> {
  if ((await obstacleOf(cell.scene)) !== undefined) return;
  const ends: End[] = [];
  results.set(cell, ends);
  for (let run = 0; run < runs; run += 1) {
    const end = await runEnd(cell, folder);
    ends.push(end);
    const fault = faultOf(cell, end);
    if (fault !== undefined) console.error(`${cell.scene.name}, ${cell.transport}, ${cell.start}: ${fault}`);
  }
}

const tarballs = mkdtempSync(join(tmpdir(), 'tallykit-tarballs-'));
using project = new Consumer(LINES[0]!);
try {
  await project.install(packInto(tarballs), { others: ENDS_NEED });
} finally {
  rmSync(tarballs, { recursive: true });
}
copyPrograms('ends', project.folder);

// Most of them wait most of the time.
const waiting = cells.values();
const runRest = async (): Promise<void> => {
  for (const cell of waiting) await runCell(cell, project.folder);
};
await Promise.all(Array.from({ length: 2 * availableParallelism() }, runRest));

const columns = cellsOf([SCENES[0]!]).map(({ transport, start }) => `${transport}, ${start}`);
const rows = SCENES.map((scene) => [
  scene.name,
  ...cells.filter((cell) => cell.scene === scene).map((cell) => textOf(results.get(cell) ?? [])),
]);
console.log(
  `\n${runs} runs each: calls that arrived, + those that were counted, of those that were recorded.\n`,
);
console.log(markdownTable([['the process ends by', ...columns], ...rows], 1));
