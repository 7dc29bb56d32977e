import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, type Program } from '../programs/start-process.ts';
import { freeUdpPort } from './free-port.ts';
import { sendDatagram } from './send-datagram.ts';
import { findProgram, programObstacle } from './server-program.ts';
import { startOnFreePorts } from './start-server.ts';
import { udpQueue } from './kernel-queue.ts';

const HOST = '127.0.0.1';
const POLL_MILLIS = 2;
const PERCENTILES = [50, 95];
/** A timer of our own. collectd reads out its metrics by type, timers last, and by name: this one is the last of all. */
const MARKER = '~';

const program = findProgram('collectd');

/** Why there is no collectd here; `undefined` when there is one. */
export function collectdObstacle(): string | undefined {
  return programObstacle('collectd');
}

/** What collectd made of one timer in one interval, in milliseconds. It prints whole microseconds. */
export interface CollectdTimer {
  readonly count: number;
  readonly average: number;
  readonly sum: number;
  readonly lower: number;
  readonly upper: number;
  readonly percentiles: ReadonlyMap<number, number>;
}

/** What collectd read out at the end of an interval. It prints six decimals of a gauge. */
export interface CollectdInterval {
  /** What a counter got in this interval. */
  readonly counters: ReadonlyMap<string, number>;
  /** What a counter got since it is there. */
  readonly totals: ReadonlyMap<string, number>;
  readonly gauges: ReadonlyMap<string, number>;
  readonly timers: ReadonlyMap<string, CollectdTimer>;
  /** The first 63 characters of each line that it could not read. */
  readonly badLines: readonly string[];
}

/**
 * Starts collectd with its StatsD plugin, in a process of its own, on a free port, with a temporary folder.
 *
 * @example
 * await using server = await startCollectd();
 */
export function startCollectd(): Promise<Collectd> {
  return startOnFreePorts(launch, (server) => server.flush());
}

async function launch(): Promise<Collectd> {
  const { file, root, environment } = program!;
  const folder = await mkdtemp(join(tmpdir(), 'collectd-'));
  const port = await freeUdpPort();
  const gate = join(folder, 'gate');
  execFileSync('mkfifo', [gate]);
  const configuration = join(folder, 'collectd.conf');
  await writeFile(
    configuration,
    `
Hostname "tests"
FQDNLookup false
BaseDir "${folder}"
PIDFile "${join(folder, 'pid')}"
PluginDir "${join(root, 'usr/lib/collectd')}"
TypesDB "${join(root, 'usr/share/collectd/types.db')}"
Interval 0.001
ReadThreads 1
WriteThreads 1
LoadPlugin logfile
LoadPlugin csv
LoadPlugin table
LoadPlugin statsd
<Plugin logfile>
  LogLevel "err"
  File STDERR
  Timestamp false
</Plugin>
<Plugin csv>
  DataDir "stderr"
  StoreRates false
</Plugin>
<Plugin table>
  <Table "${gate}">
    Separator " "
    <Result>
      Type gauge
      ValuesFrom 0
    </Result>
  </Table>
</Plugin>
<Plugin statsd>
  Host "${HOST}"
  Port ${port}
  DeleteCounters true
  DeleteTimers true
  DeleteGauges true
  CounterSum true
  TimerLower true
  TimerUpper true
  TimerSum true
  TimerCount true
${PERCENTILES.map((percentile) => `  TimerPercentile ${percentile}`).join('\n')}
</Plugin>
`,
  );
  const collectd = startProcess(file, ['-f', '-C', configuration], { directory: folder, environment });
  return new Collectd(collectd, port, folder, gate);
}

/**
 * A running collectd, whose intervals end when {@link flush} is called, and at no other time.
 *
 * collectd can't be asked to end an interval. But it reads out its plugins in turn, here with a single thread, and the
 * plugin `table` reads a named pipe: as long as its other end is open and nothing is written, the thread waits there.
 */
export class Collectd implements AsyncDisposable {
  readonly host = HOST;
  readonly port: number;
  readonly #process: Program;
  readonly #folder: string;
  readonly #gate: string;
  /** Holds collectd while it is open. */
  #hold: FileHandle | undefined;
  #flushes = 0;
  /** How much of the output belongs to earlier intervals. */
  #read = 0;

  constructor(process: Program, port: number, folder: string, gate: string) {
    this.#process = process;
    this.port = port;
    this.#folder = folder;
    this.#gate = gate;
  }

  /** Everything that it printed: values that it read out, and errors. */
  get output(): string {
    return this.#process.output();
  }

  /** Ends an interval when everything that was sent is read, and returns what came of it. */
  async flush(): Promise<CollectdInterval> {
    this.#hold ??= await this.#held();
    this.#flushes += 1;
    await this.#until(async () => (await udpQueue(this.port)) !== undefined);
    // Datagrams are read one after the other: when this one is taken, those before it are done with.
    await sendDatagram(`${MARKER}:${this.#flushes}|ms`, this.port);
    await this.#until(async () => (await udpQueue(this.port))?.waiting === 0);
    const { dropped } = (await udpQueue(this.port))!;
    if (dropped > 0) throw new Error(`collectd was too slow for ${dropped} datagrams.`);

    await this.#hold.close();
    const end = new RegExp(`^PUTVAL \\S+/gauge-${MARKER}-count .*\\n`, 'm');
    await this.#until(() => end.test(this.output.slice(this.#read)));
    // Only now has it left the pipe: opened earlier, the pipe would hold it where it was.
    this.#hold = await this.#held();
    const printed = this.output.slice(this.#read);
    const { index, 0: last } = end.exec(printed)!;
    this.#read += index + last.length;
    return parseInterval(printed.slice(0, index));
  }

  /** Ends its process, which has nothing to save and could not be stopped otherwise while it is held. */
  async stop(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.#hold?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Resolves when collectd has opened its end of the pipe, and waits for something to read. */
  async #held(): Promise<FileHandle> {
    let hold: FileHandle | undefined;
    await this.#until(async () => {
      try {
        // Nobody there to read is an error with this flag; without it, this would wait, and go on after the process ended.
        hold = await open(this.#gate, constants.O_WRONLY | constants.O_NONBLOCK);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENXIO') return false;
        throw error;
      }
    });
    return hold!;
  }

  async #until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const { child } = this.#process;
    while (!(await condition())) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || this.output.includes('Unable to open listening sockets'))
        throw new Error(`collectd doesn't run. It printed:\n${this.output.slice(-8_192)}`);
      await delay(POLL_MILLIS);
    }
  }
}

/** Lines of the plugin csv, `PUTVAL host/statsd/type-name interval=seconds time:value`, and errors of the plugin statsd. */
function parseInterval(printed: string): CollectdInterval {
  const values = new Map<string, Map<string, number>>();
  for (const [, type = '', name = '', value] of printed.matchAll(
    /^PUTVAL [^/]+\/statsd\/([a-z]+)-(\S+) \S+ [^:]+:(\S+)$/gm,
  )) {
    const ofType = values.get(type) ?? new Map<string, number>();
    values.set(type, ofType.set(name, Number(value)));
  }
  const latencies = values.get('latency') ?? new Map<string, number>();
  const gauges = values.get('gauge') ?? new Map<string, number>();
  const timers = new Map<string, CollectdTimer>();
  for (const [key, average] of latencies) {
    if (!key.endsWith('-average')) continue;
    const name = key.slice(0, -'-average'.length);
    if (name === MARKER) continue;
    const millis = (suffix: string) => 1_000 * latencies.get(`${name}-${suffix}`)!;
    timers.set(name, {
      count: gauges.get(`${name}-count`)!,
      average: 1_000 * average,
      sum: millis('sum'),
      lower: millis('lower'),
      upper: millis('upper'),
      percentiles: new Map(
        PERCENTILES.map((percentile) => [percentile, millis(`percentile-${percentile}`)] as const),
      ),
    });
    gauges.delete(`${name}-count`);
  }
  const badLines = Array.from(printed.matchAll(/Unable to parse line: "(.*)"$/gm), ([, line = '']) => line);
  return {
    counters: values.get('count') ?? new Map<string, number>(),
    totals: values.get('derive') ?? new Map<string, number>(),
    gauges,
    timers,
    badLines,
  };
}
