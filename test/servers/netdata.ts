import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, type Program } from '../programs/start-process.ts';
import { freePort, freeUdpPort } from './free-port.ts';
import { sendDatagram } from './send-datagram.ts';
import { findProgram, programObstacle } from './server-program.ts';
import { startOnFreePorts } from './start-server.ts';
import { udpQueue } from './kernel-queue.ts';

const HOST = '127.0.0.1';
const POLL_MILLIS = 20;
const PERCENTILE = 95;
/** netdata multiplies gauges and timings by this and keeps whole numbers. */
const DECIMAL_DETAIL = 1_000;
/** netdata shows the sum of a timer's values only in a chart of the user's own. Ours has the timers with this prefix. */
const SUMMED = 'timing.';

const program = findProgram('netdata');

/** Why there is no netdata here; `undefined` when there is one. */
export function netdataObstacle(): string | undefined {
  return programObstacle('netdata');
}

/** What netdata made of the values of one timer in one interval, to three decimals. */
export interface NetdataTimer {
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly median: number;
  readonly percentile95: number;
  readonly deviation: number;
  /** Lines since the server started, whatever their rates. */
  readonly lines: number;
}

/**
 * Starts netdata with its StatsD server and nothing else, in a process of its own, on free ports, with a temporary folder.
 *
 * @example
 * await using server = await startNetdata();
 */
export function startNetdata(): Promise<Netdata> {
  return startOnFreePorts(launch, (server) => server.flushed());
}

async function launch(): Promise<Netdata> {
  const { file, environment } = program!;
  const folder = await mkdtemp(join(tmpdir(), 'netdata-'));
  const port = await freeUdpPort();
  const webPort = await freePort();
  const folders = ['config', 'log', 'web', 'cache', 'lib', 'plugins'].map((name) => join(folder, name));
  const [config = '', log, web, cache, lib, plugins] = folders;
  for (const each of [...folders, join(config, 'statsd.d')]) await mkdir(each);
  // It sends statistics to its makers unless there is this file. Debian builds it without their cloud.
  await writeFile(join(config, '.opt-out-from-anonymous-statistics'), '');
  const configuration = join(config, 'netdata.conf');
  await writeFile(
    configuration,
    `
[global]
  run as user = ${userInfo().username}
  process scheduling policy = keep
  OOM score = keep
[directories]
  config = ${config}
  stock config = ${config}
  log = ${log}
  web = ${web}
  cache = ${cache}
  lib = ${lib}
  home = ${lib}
  plugins = ${plugins}
[db]
  mode = ram
[logs]
  error = stderr
  access = none
[plugins]
  timex = no
  idlejitter = no
  tc = no
  proc = no
  diskspace = no
  cgroups = no
  netdata monitoring = no
  enable running new plugins = no
[health]
  enabled = no
[ml]
  enabled = no
[registry]
  enabled = no
[web]
  bind to = ${HOST}:${webPort}
[statsd]
  default port = ${port}
  bind to = udp:${HOST} tcp:${HOST}
  histograms and timers percentile (percentThreshold) = ${PERCENTILE}
  add dimension for number of events received = yes
  gaps on gauges (deleteGauges) = yes
  gaps on counters (deleteCounters) = yes
  gaps on sets (deleteSets) = yes
  gaps on timers (deleteTimers) = yes
`,
  );
  await writeFile(
    join(config, 'statsd.d/sums.conf'),
    `
[app]
  name = tests
  metrics = ${SUMMED}*
  private charts = yes
  gaps when not collected = yes
[sums]
  name = sums
  title = sums
  family = sums
  context = tests.sums
  units = milliseconds
  type = line
  dimension = pattern '${SUMMED}*' '' sum 1 1
`,
  );
  const netdata = startProcess(file, ['-D', '-c', configuration], { directory: folder, environment });
  return new Netdata(netdata, port, webPort, folder);
}

/** A running netdata, which ends an interval each second. */
export class Netdata implements AsyncDisposable {
  readonly host = HOST;
  readonly port: number;
  readonly #process: Program;
  readonly #url: string;
  readonly #folder: string;
  #markers = 0;
  #reads = 0;

  constructor(process: Program, port: number, webPort: number, folder: string) {
    this.#process = process;
    this.port = port;
    this.#url = `http://${HOST}:${webPort}`;
    this.#folder = folder;
  }

  /** Everything that it printed. */
  get output(): string {
    return this.#process.output();
  }

  /**
   * Lets `send` send between two ends of intervals, and returns what came of it. Where an interval ended meanwhile, `send` is
   * called again.
   *
   * At the end of an interval, netdata takes the gauges first, then counters, timers and last the sets. So if a gauge that was
   * sent last was not taken after a set that was sent first, nothing was taken in between.
   */
  async inOneInterval(send: () => Promise<void>): Promise<NetdataReading> {
    for (;;) {
      await this.flushed();
      await sendDatagram('first:1|s', this.port);
      await send();
      await sendDatagram('last:1|g', this.port);
      await this.flushed();
      const reading = await this.flushed();
      if (reading.takenAt('gauge', 'last') <= reading.takenAt('set', 'first')) return reading;
    }
  }

  /** Resolves when an interval has ended that had not when this was called. What was sent before is read. */
  async flushed(): Promise<NetdataReading> {
    const first = this.#markers + 1;
    for (;;) {
      // A line that comes in the moment in which netdata takes its metric is only shown with the next one of that metric.
      if ((await udpQueue(this.port)) !== undefined) {
        await sendDatagram('marker:1|s', this.port);
        this.#markers += 1;
      }
      const reading = await this.#read();
      if (reading !== undefined && reading.lines('set', 'marker') >= first) return reading;
      const { child } = this.#process;
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || this.output.includes('statsd will be disabled'))
        throw new Error(`netdata doesn't run. It printed:\n${this.output.slice(-8_192)}`);
      await delay(POLL_MILLIS);
    }
  }

  /** What netdata last showed as the sum of a timer's values in one interval, for names that begin with `timing.`. */
  async sum(name: string): Promise<number | undefined> {
    const response = await fetch(`${this.#url}/api/v1/data?chart=tests.sums&format=json&after=-600`);
    // The newest row is the first.
    const { labels, data } = (await response.json()) as { labels: string[]; data: (number | null)[][] };
    const column = labels.indexOf(name.slice(SUMMED.length));
    return (
      data.map((row) => row[column]).find((value) => typeof value === 'number' && value > 0) ?? undefined
    );
  }

  /** Ends its process, which has nothing to save. */
  async stop(): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** `undefined` while it doesn't listen yet. */
  async #read(): Promise<NetdataReading | undefined> {
    // A server that asks again is only told what is new, so that each question is another server's.
    this.#reads += 1;
    const query = `format=prometheus&source=as-collected&timestamps=yes&server=${this.#reads}`;
    try {
      const response = await fetch(`${this.#url}/api/v1/allmetrics?${query}`);
      return new NetdataReading(await response.text());
    } catch {
      return undefined;
    }
  }
}

type NetdataType = 'counter' | 'gauge' | 'timer' | 'set';

/** What netdata has taken from its StatsD server, as the whole numbers that it collected. */
export class NetdataReading {
  /** Of each chart, what each dimension has, and when that was taken. */
  readonly #charts = new Map<string, Map<string, { value: number; at: number }>>();

  /** Reads lines `metric{chart="…",family="…",dimension="…"} value milliseconds`. */
  constructor(exposition: string) {
    const lines = exposition.matchAll(
      /^netdata_statsd_\S*\{chart="([^"]+)",[^}]*dimension="([^"]+)"\} (\S+) (\d+)$/gm,
    );
    for (const [, chart = '', dimension = '', value, at] of lines) {
      const dimensions = this.#charts.get(chart) ?? new Map<string, { value: number; at: number }>();
      this.#charts.set(chart, dimensions.set(dimension, { value: Number(value), at: Number(at) }));
    }
  }

  /** The charts of what was sent, named as netdata names them. */
  get charts(): string[] {
    const own = new Set([chartOf('set', 'marker'), chartOf('set', 'first'), chartOf('gauge', 'last')]);
    return [...this.#charts.keys()].filter((chart) => !own.has(chart)).toSorted();
  }

  /** Its total since the server started. */
  counter(name: string): number | undefined {
    return this.#value('counter', name, 'counter');
  }

  gauge(name: string): number | undefined {
    return this.#decimal('gauge', name, 'gauge');
  }

  timer(name: string): NetdataTimer | undefined {
    const value = (dimension: string) => this.#decimal('timer', name, dimension)!;
    if (!this.#charts.has(chartOf('timer', name))) return undefined;
    return {
      min: value('min'),
      max: value('max'),
      average: value('average'),
      median: value('median'),
      percentile95: value(`${PERCENTILE.toFixed(1)}%`),
      deviation: value('stddev'),
      lines: this.lines('timer', name),
    };
  }

  /** How many lines of a metric it has taken since the server started. */
  lines(type: NetdataType, name: string): number {
    return this.#value(type, name, 'events') ?? 0;
  }

  /** When a metric was last taken, in milliseconds since 1970. */
  takenAt(type: NetdataType, name: string): number {
    return this.#charts.get(chartOf(type, name))?.get('events')?.at ?? Number.NaN;
  }

  #value(type: NetdataType, name: string, dimension: string): number | undefined {
    return this.#charts.get(chartOf(type, name))?.get(dimension)?.value;
  }

  #decimal(type: NetdataType, name: string, dimension: string): number | undefined {
    const value = this.#value(type, name, dimension);
    return value === undefined ? undefined : value / DECIMAL_DETAIL;
  }
}

/** The name of a metric's chart: netdata puts a dot where there is none. */
function chartOf(type: NetdataType, name: string): string {
  return `statsd_${name}${name.includes('.') ? '_' : '.'}${type}`;
}
