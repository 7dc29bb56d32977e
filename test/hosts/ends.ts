import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '../packaging/consumer.ts';
import { startProcess } from '../programs/start-process.ts';
import { TRANSPORTS, type TransportName } from './transports.ts';

/** One way in which a process ends. */
export interface Scene {
  readonly name: string;
  /** A program of `programs/ends`, with its parameters. */
  readonly program: string;
  readonly parameters?: readonly string[];
  /** What it is sent when it is ready. By default it ends by itself. */
  readonly signal?: NodeJS.Signals;
  /** Who is sent the signal. @default 'process' */
  readonly to?: 'process' | 'group' | 'child';
  /** How many processes say that they are ready. @default 1 */
  readonly processes?: number;
  /** The option `shutdownOn`. @default SIGTERM, SIGINT and beforeExit, as in `register` */
  readonly shutdownOn?: readonly string[];
  /** A command that runs Node. */
  readonly through?: readonly string[];
  /** How the process ends. */
  readonly status: number | NodeJS.Signals;
  /**
   * What becomes of the calls: `arrive` everywhere; `sockets` also where a stream has to be connected first, while HTTP
   * may count them; `open`: by UDP and by streams that are open already, the others count them; `lost`: nobody can know of
   * them.
   */
  readonly calls: 'arrive' | 'sockets' | 'open' | 'lost';
}

/** What the programs import beside our packages. */
export const ENDS_NEED: readonly string[] = [
  'signal-exit3@npm:signal-exit@^3.0.7',
  'signal-exit4@npm:signal-exit@^4.1.0',
  'proper-lockfile@^4.1.2',
];

/** As PID 1 of a namespace of its own. */
const AS_FIRST = ['unshare', '--user', '--map-root-user', '--fork', '--pid', '--kill-child'];

/** The ways in which processes end. */
export const SCENES: readonly Scene[] = [
  {
    name: 'SIGTERM, nobody listens',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGTERM',
    status: 'SIGTERM',
    calls: 'arrive',
  },
  {
    name: 'SIGINT, nobody listens',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGINT',
    status: 'SIGINT',
    calls: 'arrive',
  },
  {
    name: 'SIGHUP, asked for',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGHUP',
    shutdownOn: ['SIGHUP'],
    status: 'SIGHUP',
    calls: 'arrive',
  },
  {
    name: 'SIGUSR2, asked for',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGUSR2',
    shutdownOn: ['SIGUSR2'],
    status: 'SIGUSR2',
    calls: 'arrive',
  },
  {
    name: 'SIGTERM, cleanup and raised again (as Nest)',
    program: 'cleans-up-and-raises-again.mjs',
    signal: 'SIGTERM',
    status: 'SIGTERM',
    calls: 'sockets',
  },
  {
    name: 'SIGTERM, `server.close(() => process.exit(0))`',
    program: 'closes-and-exits.mjs',
    signal: 'SIGTERM',
    status: 0,
    calls: 'sockets',
  },
  {
    name: 'SIGTERM, exit 100 ms later',
    program: 'exits-later.mjs',
    signal: 'SIGTERM',
    status: 0,
    calls: 'sockets',
  },
  {
    name: 'SIGTERM, draining for 1 s, exit',
    program: 'drains-and-exits.mjs',
    signal: 'SIGTERM',
    status: 0,
    calls: 'sockets',
  },
  ...(['3', '4'] as const).flatMap((version) =>
    (['earlier', 'later'] as const).map((when): Scene => ({
      name: `SIGTERM, signal-exit ${version} loaded ${when}`,
      program: 'loads-signal-exit.mjs',
      parameters: [version, when],
      signal: 'SIGTERM',
      status: 'SIGTERM',
      calls: 'sockets',
    })),
  ),
  {
    name: 'SIGTERM, proper-lockfile',
    program: 'holds-a-lock.mjs',
    signal: 'SIGTERM',
    status: 'SIGTERM',
    calls: 'sockets',
  },
  {
    name: 'SIGTERM, PID 1',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGTERM',
    to: 'child',
    through: AS_FIRST,
    status: 143,
    calls: 'arrive',
  },
  {
    name: 'SIGINT, PID 1',
    program: 'listens-to-nothing.mjs',
    signal: 'SIGINT',
    to: 'child',
    through: AS_FIRST,
    status: 130,
    calls: 'arrive',
  },
  {
    name: "SIGTERM to a cluster's primary",
    program: 'leads-a-cluster.mjs',
    signal: 'SIGTERM',
    processes: 3,
    status: 'SIGTERM',
    calls: 'arrive',
  },
  {
    name: 'SIGTERM to all of a cluster',
    program: 'leads-a-cluster.mjs',
    signal: 'SIGTERM',
    to: 'group',
    processes: 3,
    status: 'SIGTERM',
    calls: 'arrive',
  },
  {
    name: "a worker thread's `process.exit()`",
    program: 'starts-a-thread.mjs',
    parameters: ['exit'],
    status: 0,
    calls: 'open',
  },
  {
    name: 'a worker thread ends by itself',
    program: 'starts-a-thread.mjs',
    parameters: ['ends'],
    status: 0,
    calls: 'arrive',
  },
  {
    name: '`terminate()` of a worker thread',
    program: 'starts-a-thread.mjs',
    parameters: ['terminated'],
    status: 0,
    calls: 'lost',
  },
  { name: '`process.exit()`', program: 'exits.mjs', status: 0, calls: 'open' },
  { name: 'an uncaught error', program: 'throws.mjs', status: 1, calls: 'open' },
  { name: 'an unhandled rejection', program: 'rejects.mjs', status: 1, calls: 'open' },
  { name: 'nothing left to do', program: 'ends-by-itself.mjs', status: 0, calls: 'arrive' },
];

/** Whether anything was exported before. */
export const STARTS = ['cold', 'warm'] as const;

export interface Cell {
  readonly scene: Scene;
  readonly transport: TransportName;
  readonly start: (typeof STARTS)[number];
}

/** Every scene at every server. */
export function cellsOf(scenes: readonly Scene[]): Cell[] {
  return scenes.flatMap((scene) =>
    (Object.keys(TRANSPORTS) as TransportName[]).flatMap((transport) =>
      STARTS.map((start) => ({ scene, transport, start })),
    ),
  );
}

/** What became of the calls of one process, or of several. */
export interface End {
  readonly status: number | NodeJS.Signals;
  readonly recorded: number;
  readonly arrived: number;
  /** How many were said to be lost, on standard error. */
  readonly counted: number;
  readonly output: string;
}

/** Whether all calls have to arrive at this server. Otherwise it is enough that those which don't are counted. */
function hasToArrive({ scene, transport, start }: Cell): boolean {
  const isHttp = transport === 'Datadog HTTP';
  const isOpen = transport === 'StatsD, UDP' || start === 'warm';
  return { arrive: true, sockets: !isHttp, open: !isHttp && isOpen, lost: false }[scene.calls];
}

/** What is wrong with an end, if anything is. */
export function faultOf(cell: Cell, { status, recorded, arrived, counted }: End): string | undefined {
  const { scene } = cell;
  if (status === 'SIGKILL') return `it was still there after ${LIMIT_MILLIS} ms`;
  if (status !== scene.status) return `it ended with ${status}`;
  if (recorded < CALLS) return `it recorded ${recorded} calls`;
  if (scene.calls === 'lost') return undefined;
  const account = `${arrived} of ${recorded} arrived, and ${counted} were counted`;
  if (hasToArrive(cell)) return arrived === recorded && counted === 0 ? undefined : account;
  // Whether a request that is on its way will arrive can't be known: its calls are counted, and may arrive as well.
  const isSaid =
    cell.transport === 'Datadog HTTP' ? arrived + counted >= recorded : arrived + counted === recorded;
  return isSaid && counted <= recorded ? undefined : account;
}

/** Every program records at least as many. */
const CALLS = 24;

/**
 * A process that is still there after this time hangs, and is killed. A shutdown takes 5 s at most, and the start of several
 * processes on a busy machine as long.
 */
const LIMIT_MILLIS = 30_000;

/** Runs a scene in a project that has what the programs import. */
export async function runEnd({ scene, transport, start }: Cell, project: string): Promise<End> {
  const { parameters = [], shutdownOn = ['SIGTERM', 'SIGINT', 'beforeExit'] } = scene;
  await using receiver = await TRANSPORTS[transport]();
  const { backend, options } = receiver;
  const settings = JSON.stringify({ backend, options, shutdownOn, isWarm: start === 'warm' });
  const [command, ...prefix] = [...(scene.through ?? []), process.execPath];
  let signalled = false;
  await using program = startProcess(
    command,
    [...prefix, join(project, 'ends', scene.program), ...parameters],
    {
      directory: project,
      environment: { ...environment, END: settings },
      detached: scene.to === 'group',
      onOutput() {
        const { signal, to = 'process', processes = 1 } = scene;
        if (signalled || signal === undefined || readyIn(program.output()) < processes) return;
        signalled = true;
        process.kill(addressee(program.child.pid!, to), signal);
      },
    },
  );
  const limit = setTimeout(() => program.child.kill('SIGKILL'), LIMIT_MILLIS);
  const status = await program.ended;
  clearTimeout(limit);
  const output = program.output();
  return {
    status,
    recorded: sumOf(output, /^recorded (\d+)$/gm),
    arrived: await receiver.count('ends.calls'),
    counted: sumOf(output, /\b(\d+) calls? recorded and not exported/g),
    output,
  };
}

/** Why processes can't have a namespace of their own here, if they can't. */
export async function obstacleOf({ through = [] }: Scene): Promise<string | undefined> {
  const [command, ...parameters] = through;
  if (command === undefined) return undefined;
  const program = startProcess(command, [...parameters, 'true'], { directory: '/', environment });
  const status = await program.ended.catch(String);
  return status === 0 ? undefined : `there are no process namespaces: ${status} ${program.output()}`;
}

const readyIn = (output: string): number => output.split('\n').filter((line) => line === 'ready').length;

function sumOf(output: string, pattern: RegExp): number {
  return Array.from(output.matchAll(pattern), ([, number]) => Number(number)).reduce(
    (sum, each) => sum + each,
    0,
  );
}

function addressee(pid: number, to: 'process' | 'group' | 'child'): number {
  if (to === 'process') return pid;
  if (to === 'group') return -pid;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
