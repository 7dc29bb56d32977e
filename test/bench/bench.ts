import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decimal, Screen, WIDTH } from '../demo/screen.ts';
import { seededRandom } from '../random.ts';
import { measureCollection, measureHeap, type CollectionResult } from './measure-aggregation.ts';
import { measureAllocation, measureCalls, type CallResult } from './measure-calls.ts';
import { measureExport, type ExportResult } from './measure-exports.ts';
import { measureImports } from './measure-imports.ts';
import { measurePairs } from './measure-pairs.ts';
import { measureServers } from './measure-server.ts';
import { measureHostileRequests, measureStore } from './measure-store.ts';
import { measureWhole } from './measure-whole.ts';
import { FULL, QUICK, type ExportPlan, type Plan } from './plan.ts';
import { Program } from './program.ts';
import {
  bytes,
  nanoseconds,
  printBlocks,
  printCollections,
  printExports,
  printHeadline,
  printHeap,
  printHttp,
  printImports,
  printMatrix,
  printPairs,
  printRequirements,
  printServers,
  printHostile,
  printStore,
  printWhole,
} from './report.ts';
import { isMet, requirements } from './requirements.ts';
import { resultsOf, versionOf, writeResults } from './results.ts';
import type { Ports, SinkRequest } from './sink-program.ts';

/** Compiled, this file lies in test/bench/dist/bench. */
const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const RESULTS = join(REPOSITORY, '.test-results');

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string' },
    // Into docs/benchmarks, for the tables and pictures of the documentation.
    write: { type: 'boolean', default: false },
  },
});
const COMPARED = ['@opentelemetry/sdk-metrics', 'hot-shots', 'prom-client'];
const PARTS = [
  'calls',
  'pairs',
  'exports',
  'http',
  'store',
  'collections',
  'whole',
  'heap',
  'server',
  'imports',
] as const;
type Part = (typeof PARTS)[number];
if (given.only !== undefined && !(PARTS as readonly string[]).includes(given.only)) {
  throw new Error(`--only takes one of ${PARTS.join(', ')}, not '${given.only}'`);
}
if (given.write && given.quick)
  throw new Error('--write is for results that are worth it, and not for --quick');
const has = (part: Part): boolean => given.only === undefined || given.only === part;

const screen = new Screen(process.stdout);
const begun = performance.now();
const plan: Plan = given.quick ? QUICK : FULL;
const random = seededRandom(Date.now());
const versions = Object.fromEntries(COMPARED.map((name) => [name, versionOf(name)]));
const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
const software = Object.entries(versions).map(
  ([name, version]) => `${name.replace('@opentelemetry/', '')} ${version}`,
);

screen.print('', screen.paint('bold', 'Tallykit, measured against what else there is'));
screen.print(screen.paint('dim', `${machine}; ${software.join(', ')}`));

let shown = '';
await using sink = new Program<SinkRequest>('sink-program.js');
const ports = await sink.ask<Ports>({ type: 'listen' });

const calls = has('calls') ? await allCalls() : [];
const pairs = has('pairs') ? await measurePairs(plan.pairs, (share) => show('pairs', share)) : [];
const exports = has('exports') ? await allExports('', plan.exports) : [];
const http = has('http') ? await allExports(' to Datadog', plan.http) : [];
const store = has('store')
  ? await measureStore(plan.rangeRounds, (share) => show('internal store', share))
  : [];
const hostile = has('store') ? await measureHostileRequests((share) => show('hostile requests', share)) : [];
const collections = has('collections') ? await allCollections() : [];
const whole = has('whole') ? await measureWhole(plan.heapSeries, plan.wholeRounds, ports) : [];
const heap = has('heap') ? await measureHeap(plan.heapSeries) : [];
const servers = has('server')
  ? await measureServers(plan.server, ports.udp, random, (share) => show('servers', share))
  : [];
const imports = has('imports')
  ? await measureImports(plan.importRounds, random, (share) => show('imports', share))
  : [];

if (screen.live) screen.redraw([]);
if (calls.length > 0) {
  printHeadline(screen, calls);
  printMatrix(screen, 'Nanoseconds a call', calls, (call) => nanoseconds(call.nanoseconds.median));
  if (!given.quick) printMatrix(screen, 'Bytes a call', calls, (call) => bytes(call.bytes));
}
if (pairs.length > 0) printPairs(screen, pairs);
if (exports.length > 0) {
  printExports(screen, exports);
  printBlocks(screen, exports);
}
if (http.length > 0) {
  printHttp(screen, http);
  printBlocks(screen, http);
}
if (store.length > 0) printStore(screen, store);
if (hostile.length > 0) printHostile(screen, hostile);
if (collections.length > 0) printCollections(screen, collections);
if (whole.length > 0) printWhole(screen, whole);
if (heap.length > 0) printHeap(screen, heap);
if (servers.length > 0) printServers(screen, servers);
if (imports.length > 0) printImports(screen, imports);
const all = requirements({ calls, pairs, exports, http, store, hostile, collections, whole, heap, servers });
printRequirements(screen, all);

mkdirSync(RESULTS, { recursive: true });
const file = join(RESULTS, `bench-node-${process.versions.node.split('.')[0]}.json`);
const result = {
  machine,
  versions,
  date: new Date().toISOString(),
  plan,
  requirements: all,
  calls,
  pairs,
  exports,
  http,
  store,
  hostile,
  collections,
  whole,
  heap,
  servers,
  imports,
};
writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
if (given.write) writeAll();
const seconds = Math.round((performance.now() - begun) / 1_000);
screen.print('', screen.paint('dim', `${seconds} s; everything in ${relative(REPOSITORY, file)}`), '');

if (given.check && all.some((requirement) => isMet(requirement) === false)) process.exitCode = 1;

/** Each part that was measured, in files of its own. */
function writeAll(): void {
  const parts: readonly (readonly [file: string, part: Part, rows: readonly object[]])[] = [
    ['calls', 'calls', calls.filter(({ tagCount }) => tagCount === 0 || tagCount === 3).map(summaryOf)],
    ['pairs', 'pairs', pairs],
    ['exports', 'exports', exports],
    ['http', 'http', http],
    ['store', 'store', store],
    ['hostile', 'store', hostile],
    ['collections', 'collections', collections],
    ['whole', 'whole', whole],
    ['heap', 'heap', heap],
    ['servers', 'server', servers],
    ['imports', 'imports', imports],
  ];
  for (const [name, part, rows] of parts) {
    if (rows.length > 0)
      writeResults(REPOSITORY, name, resultsOf(`pnpm bench --only ${part}`, COMPARED, rows));
  }
}

/** What the files have of a call: not its source, and not each round. */
function summaryOf(call: CallResult): object {
  return { ...call, call: undefined, aloneRounds: undefined };
}

async function allCalls() {
  const measured = await measureCalls(plan, ports.udp, random, (share) => show('calls', share));
  return measureAllocation(measured, plan, ports.udp, (share) => show('allocation', share));
}

async function allCollections(): Promise<CollectionResult[]> {
  const results: CollectionResult[] = [];
  for (const [index, size] of plan.collections.entries()) {
    show(
      `collection of ${decimal(size.series)} ${size.kind}, ${size.temporality}`,
      index / plan.collections.length,
    );
    results.push(await measureCollection(size));
  }
  return results;
}

async function allExports(where: string, plans: readonly ExportPlan[]): Promise<ExportResult[]> {
  const results: ExportResult[] = [];
  for (const [index, size] of plans.entries()) {
    show(`export of ${decimal(size.series)} ${size.kind}${where}`, index / plans.length);
    results.push(await measureExport(size, sink, ports));
  }
  return results;
}

/** A bar on a terminal, a line for each part of the run elsewhere. */
function show(caption: string, share: number): void {
  if (!screen.live && caption !== shown) screen.print(screen.paint('dim', `${caption} …`));
  shown = caption;
  if (screen.live) screen.redraw([`${screen.progress(share, WIDTH - caption.length - 2)}  ${caption}`]);
}
