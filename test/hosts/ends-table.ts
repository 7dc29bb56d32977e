// pnpm ends: runs each end of a process at each server, and writes what becomes of the calls into the page of
// `@tallykit/node`. Parameter: how often each cell is run, 5 by default.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownTable } from '../markdown-table.ts';
import { fillPlaces, namesOfPlaces } from '../page-places.ts';
import { Consumer, LINES } from '../packaging/consumer.ts';
import { packInto } from '../packaging/pack.ts';
import { cellsOf, ENDS_NEED, faultOf, obstacleOf, runEnd, SCENES, type Cell, type End } from './ends.ts';
import { copyPrograms } from './programs.ts';
import { TRANSPORTS, type TransportName } from './transports.ts';

const PAGE = new URL('../../packages/node/docs/ends-of-a-process.md', import.meta.url);

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

const transports = Object.keys(TRANSPORTS) as TransportName[];
const rows = SCENES.map((scene) => [
  scene.name,
  ...transports.map((transport) =>
    cells
      .filter((cell) => cell.scene === scene && cell.transport === transport)
      .map((cell) => textOf(results.get(cell) ?? []))
      .join(', '),
  ),
]);
const table = markdownTable([['the process ends by', ...transports], ...rows], 1);

const page = readFileSync(PAGE, 'utf8');
if (namesOfPlaces(page, 'ends').length === 0)
  throw new Error(`${PAGE.href} has no place for the table of ends.`);
writeFileSync(
  PAGE,
  fillPlaces(page, 'ends', () => `${runs} runs of each end, \`pnpm ends\`:\n\n${table}`),
);
