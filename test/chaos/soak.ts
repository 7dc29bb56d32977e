// `pnpm soak --minutes 30`: a program records into every exporter while their servers fail and recover. Watches what it holds
// and where everything is, shows it live, and draws it. Ends with 1 when something is not accounted for, or grew.
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Account } from '@tallykit/exporter-base';
import { missing } from '../../packages/exporter-statsd/test/unix-dgram.ts';
import { decimal, Screen, sparkline, WIDTH, type Column } from '../demo/screen.ts';
import { seededRandom } from '../random.ts';
import { Child } from './child.ts';
import { FAULTS } from './faults.ts';
import { FEW_DESCRIPTORS, ProgramFaults } from './program-faults.ts';
import { duration, soakPage, type Episode, type Point } from './soak-report.ts';
import type { SoakRequest, SoakSample } from './soak-program.ts';
import { Hosts, startTarget, type Kind, type Target } from './targets.ts';

const RESULTS = fileURLToPath(new URL('../../.test-results', import.meta.url));
const MAX_SAMPLES = 600;
/** Recovery takes up to a minute, when a server was away for long. */
const SETTLE_SECONDS = 120;
/** How much more the heap may hold in the last quarter than in the second one: a share, and bytes. */
const HEAP_GROWTH = 1.15;
const HEAP_SLACK_BYTES = 3 * 2 ** 20;
const HANDLE_SLACK = 6;
const COLUMNS: Column[] = [
  { title: '', width: 28 },
  { title: 'exported', width: 12, align: 'right' },
  { title: 'pending', width: 9, align: 'right' },
  { title: 'dropped', width: 9, align: 'right' },
  { title: 'now', width: 30 },
];

/** One exporter's server, and what happens to it. */
interface Lane {
  readonly kind: Kind;
  readonly target: Target;
  readonly points: Point[];
  readonly episodes: Episode[];
  /** What was exported while the kernel may have taken what nobody read. */
  atRisk: number;
  now: string;
}

const { values: given } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
});
const seconds = Number(given.minutes) * 60;
const seed = Number(given.seed);
if (!(seconds > 0) || !Number.isInteger(seed))
  throw new Error('--minutes takes a number above 0, --seed an integer');

const screen = new Screen(process.stdout);
const kinds = (Object.keys(FAULTS) as Kind[]).filter(
  (kind) => kind !== 'statsd over unix datagrams' || missing === '',
);
const folder = await mkdtemp(join(tmpdir(), 'soak-'));
process.once('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const hosts = new Hosts(folder);
const lanes = await Promise.all(kinds.map(startLane));
const program = new Child<SoakRequest>('soak-program.ts', {
  environment: {
    SOAK_OPTIONS: JSON.stringify({
      seed,
      exporters: Object.fromEntries(lanes.map(({ kind, target }) => [kind, target.exporter])),
    }),
    CHAOS_HOSTS: hosts.file,
  },
  nodeOptions: ['--expose-gc', '--import', new URL('hosts.mjs', import.meta.url).href],
  through: FEW_DESCRIPTORS,
});
await program.reply();

const begunMillis = performance.now();
const elapsed = (): number => (performance.now() - begunMillis) / 1000;
const samples: { readonly second: number; readonly sample: SoakSample }[] = [];
const failures = new Set<string>();
const ending = new AbortController();
const programFaults = new ProgramFaults((request) => ask(request));
/** One question at a time. */
let asking: Promise<unknown> = Promise.resolve();

screen.print('', screen.paint('bold', `Soak, ${duration(seconds)}, seed ${seed}`), '');
const chaos = lanes.map((lane, index) => fail(lane, seededRandom(seed * 100 + index)));
await watch();
ending.abort();
await Promise.all(chaos);
const end = await settle();
const handedIn = new Set(Object.values(end.exporters).map(({ received }) => received.amount));
if (handedIn.size > 1)
  failures.add(`exporters were handed in different amounts: ${[...handedIn].join(', ')}`);
await ask({ type: 'shutdown' });
const status = await program.ended;
if (status !== 0) failures.add(`the program ended with ${status}: ${program.output}`);
checkGrowth();
await report(end);
for (const { target } of lanes) await target[Symbol.asyncDispose]();
process.exitCode = failures.size > 0 ? 1 : 0;

async function startLane(kind: Kind): Promise<Lane> {
  const target = await startTarget(kind, folder, `${kind.replaceAll(' ', '-').toLowerCase()}.test`, hosts);
  return { kind, target, points: [], episodes: [], atRisk: 0, now: '' };
}

function ask<Reply = SoakSample>(request: SoakRequest): Promise<Reply> {
  const reply = asking.then(() => program.ask<Reply>(request));
  asking = reply.catch(() => undefined);
  return reply;
}

/** Faults by chance, with quiet times between, until the end. */
async function fail(lane: Lane, random: () => number): Promise<void> {
  const scale = Math.min(1, seconds / 300);
  const { target, kind } = lane;
  for (;;) {
    if (!(await rest(1 + random() * 15 * scale))) return;
    const fault = FAULTS[kind][Math.floor(random() * FAULTS[kind].length)]!;
    const beginSecond = elapsed();
    const before = countersOf(await ask({ type: 'sample' }), kind);
    lane.now = fault.name;
    await fault.begin(target, programFaults);
    await rest(2 + random() * 20 * scale);
    await fault.end(target, programFaults, arrivedSoon);
    lane.now = '';
    lane.episodes.push({ name: fault.name, effect: fault.effect, beginSecond, endSecond: elapsed() });
    // What is under way was handed in before the end.
    if (fault.effect === 'ignored') await arrivedSoon();
    // An export may have been in the kernel's hands when the process was killed.
    if (target.intake === undefined || fault.effect === 'ignored')
      lane.atRisk += countersOf(await ask({ type: 'sample' }), kind) - before;
  }
}

/** @returns whether it goes on after so many seconds */
async function rest(millisAsSeconds: number): Promise<boolean> {
  await pause(millisAsSeconds * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
  return !ending.signal.aborted;
}

/** What the old process got, it hands on at once. */
async function arrivedSoon(): Promise<void> {
  await pause(1000);
}

async function watch(): Promise<void> {
  const everyMillis = Math.max(1, seconds / MAX_SAMPLES) * 1000;
  let said = 0;
  while (elapsed() < seconds) {
    await pause(everyMillis);
    const sample = await ask({ type: 'sample' });
    const second = Math.min(elapsed(), seconds);
    samples.push({ second, sample });
    checkIdentities(sample);
    for (const { kind, points } of lanes)
      points.push({ second, pending: sample.exporters[kind]!.pending.points });
    if (screen.live) screen.redraw(view(second, sample));
    else if (second >= said + seconds / 10) {
      said = second;
      screen.print(
        `${duration(second)}  ${lanes.map(({ now, kind }) => `${kind}: ${now || 'well'}`).join('; ')}`,
      );
    }
  }
}

function view(second: number, sample: SoakSample): string[] {
  const caption = `${duration(second)} of ${duration(seconds)}`;
  const rows = Object.entries(sample.exporters).map(([name, { exported, pending, dropped }]) => {
    const now = lanes.find(({ kind }) => kind === name)?.now ?? '';
    return screen.row(COLUMNS, [
      name,
      decimal(exported.points),
      { text: decimal(pending.points), style: pending.points > 0 ? 'yellow' : 'dim' },
      { text: decimal(dropped.points), style: dropped.points > 0 ? 'red' : 'dim' },
      { text: now, style: 'yellow' },
    ]);
  });
  const heap = samples.map(({ sample: { heapBytes } }) => heapBytes);
  const verdict =
    failures.size === 0
      ? screen.paint('green', 'recorded = exported + pending + dropped, everywhere')
      : screen.paint('red', [...failures].join('; '));
  return [
    `${screen.progress(second / seconds, WIDTH - caption.length - 2)}  ${caption}`,
    '',
    ...screen.head(COLUMNS),
    ...rows,
    '',
    `heap ${decimal(sample.heapBytes / 2 ** 20, 1)} MB ${screen.paint('cyan', sparkline(heap, 40))}  ${sample.handles} handles  ${decimal(sample.metrics.recorded)} calls`,
    verdict,
  ];
}

/** Waits until everything has been sent, or counted. */
async function settle(): Promise<SoakSample> {
  const last = elapsed() + SETTLE_SECONDS;
  for (;;) {
    const sample = await ask({ type: 'settle' });
    checkIdentities(sample);
    const open = lanes
      .filter(({ kind }) => sample.exporters[kind]!.pending.points > 0)
      .map(({ kind }) => kind);
    const away = lanes.filter(({ kind, target, atRisk }) => {
      const lost = countersOf(sample, kind) - arrivedOf(target);
      // What is counted as unknown may have arrived.
      return -lost > (sample.exporters[kind]!.droppedBy.unknown?.amount ?? 0) || lost > atRisk;
    });
    if (open.length === 0 && away.length === 0) return sample;
    if (elapsed() > last) {
      for (const kind of open) failures.add(`${kind}: something still waits when all is well again`);
      for (const { kind, target, atRisk } of away)
        failures.add(
          `${kind}: exported ${countersOf(sample, kind)}, arrived ${arrivedOf(target)}, at risk ${atRisk}`,
        );
      return sample;
    }
    await pause(250);
  }
}

function checkIdentities({ metrics, exporters }: SoakSample): void {
  const refused = Object.values(metrics.refused).reduce((sum, count) => sum + count, 0);
  if (metrics.handed + metrics.held + refused !== metrics.recorded)
    failures.add('the API: recorded is not handed + held + refused');
  const isWhole = ({ received, exported, pending, dropped }: Account): boolean =>
    (['points', 'amount'] as const).every(
      (unit) => received[unit] === exported[unit] + pending[unit] + dropped[unit],
    );
  for (const [name, stats] of Object.entries(exporters)) {
    if (!isWhole(stats)) failures.add(`${name}: received is not exported + pending + dropped`);
    if (!isWhole(stats.events)) failures.add(`${name}: events received are not exported + pending + dropped`);
  }
}

/** Compares the last quarter with the second one: before that, the machine warms up. */
function checkGrowth(): void {
  const quarter = (which: number) =>
    samples.slice(Math.floor((samples.length * which) / 4), Math.floor((samples.length * (which + 1)) / 4));
  const median = (which: number, of: (sample: SoakSample) => number): number => {
    const sorted = quarter(which).map(({ sample }) => of(sample));
    return sorted.toSorted((one, other) => one - other)[sorted.length >> 1] ?? 0;
  };
  const [heapBefore, heapAfter] = [1, 3].map((which) => median(which, ({ heapBytes }) => heapBytes));
  if (heapAfter! > heapBefore! * HEAP_GROWTH + HEAP_SLACK_BYTES)
    failures.add(
      `the heap grew from ${decimal(heapBefore! / 2 ** 20, 1)} to ${decimal(heapAfter! / 2 ** 20, 1)} MB`,
    );
  const [handlesBefore, handlesAfter] = [1, 3].map((which) => median(which, ({ handles }) => handles));
  if (handlesAfter! > handlesBefore! + HANDLE_SLACK)
    failures.add(`the handles grew from ${handlesBefore} to ${handlesAfter}`);
}

async function report(sample: SoakSample): Promise<void> {
  const page = soakPage({
    seed,
    machine: `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    seconds,
    recorded: sample.metrics.recorded,
    failures: [...failures],
    heap: samples.map(({ second, sample: { heapBytes } }) => ({ second, value: heapBytes })),
    handles: samples.map(({ second, sample: { handles } }) => ({ second, value: handles })),
    lanes: Object.entries(sample.exporters).map(([name, { received, exported, pending, dropped }]) => {
      const lane = lanes.find(({ kind }) => kind === name);
      return {
        name,
        points: lane?.points ?? [],
        episodes: lane?.episodes ?? [],
        received: received.points,
        exported: exported.points,
        pending: pending.points,
        dropped: dropped.points,
        ...(lane && {
          counters: {
            exported: countersOf(sample, lane.kind),
            arrived: arrivedOf(lane.target),
            atRisk: lane.atRisk,
          },
        }),
      };
    }),
  });
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, 'soak.html');
  await writeFile(file, page);
  const faults = lanes.reduce((sum, { episodes }) => sum + episodes.length, 0);
  screen.print(
    '',
    `${faults} faults, ${decimal(sample.metrics.recorded)} calls, ${sample.outageLines} lines about outages; ${relative(process.cwd(), file)}`,
    failures.size === 0
      ? screen.paint('green', 'Everything is accounted for, and nothing grew.')
      : screen.paint('red', `Failed: ${[...failures].join('; ')}`),
    '',
  );
}

/** What an exporter says that it exported of the counters. */
function countersOf(sample: SoakSample, kind: Kind): number {
  return sample.exporters[kind]!.exported.amount;
}

function arrivedOf({ books }: Target): number {
  return Object.values(books().orders).reduce((sum, value) => sum + value, 0);
}
