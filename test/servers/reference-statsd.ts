import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort, freeUdpPort } from './free-port.ts';
import { tcpWaiting, udpQueue } from './kernel-queue.ts';
import { startOnFreePorts } from './start-server.ts';

const HOST = '127.0.0.1';
const STOP_WITHIN_MILLIS = 5_000;
const POLL_MILLIS = 2;
/** Longer than any run: this server flushes when it is asked to. */
const FLUSH_INTERVAL_MILLIS = 600_000;
const END_OF_ANSWER = 'END\n\n';

const require = createRequire(import.meta.url);
const program = require.resolve('statsd/stats.js');
const backend = fileURLToPath(new URL('reference-statsd-backend.cjs', import.meta.url));

/** The version of the server. */
export const { version: REFERENCE_STATSD_VERSION } = require('statsd/package.json') as { version: string };

export interface ReferenceStatsdOptions {
  /** What the server listens to. @default 'udp' */
  protocol?: 'udp' | 'tcp';
  /** The percentiles of every timer in a flush. @default [50, 90, 95, 99] */
  percentThreshold?: number[];
  /** How much the kernel holds for the server while it doesn't read: 0 for the system's default. @default 4 MiB */
  receiveBytes?: number;
}

/** What the server made of one timer between two flushes. `count` sums 1/rate; everything else ignores the rates. */
export interface TimerSummary {
  count: number;
  mean: number;
  sum: number;
  lower: number;
  upper: number;
  percentiles: Map<number, number>;
  /** The samples that arrived, sorted. */
  samples: number[];
}

export interface Flush {
  counters: Map<string, number>;
  gauges: Map<string, number>;
  timers: Map<string, TimerSummary>;
  sets: Map<string, string[]>;
}

/** Where a server of this module is. */
interface Place {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  readonly adminPort: number;
  readonly folder: string;
}

/** What the backend module sends from inside the server's process. */
interface Message {
  ready?: true;
  answers?: number;
  flush?: {
    counters: Record<string, number>;
    gauges: Record<string, number>;
    timers: Record<string, number[]>;
    timerData: Record<string, Record<string, number>>;
    sets: Record<string, string[]>;
  };
}

/**
 * Starts the reference StatsD server (npm `statsd`) in a process of its own, on free ports.
 *
 * @example
 * await using server = await startReferenceStatsd({ protocol: 'udp' });
 */
export function startReferenceStatsd(options: ReferenceStatsdOptions = {}): Promise<ReferenceStatsd> {
  return startOnFreePorts(
    () => launch(options),
    async (server) => {
      await server.settled();
      await server.received();
    },
  );
}

async function launch({
  protocol = 'udp',
  percentThreshold = [50, 90, 95, 99],
  receiveBytes = 4 << 20,
}: ReferenceStatsdOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'reference-statsd-'));
  const adminPort = await freePort();
  const port = protocol === 'udp' ? await freeUdpPort() : await freePort();
  const configuration = join(folder, 'configuration.js');
  await writeFile(
    configuration,
    JSON.stringify({
      servers: [{ server: `./servers/${protocol}`, address: HOST, port }],
      mgmt_address: HOST,
      mgmt_port: adminPort,
      flushInterval: FLUSH_INTERVAL_MILLIS,
      percentThreshold,
      // As servers do by default, gauges stay; everything else starts anew after a flush.
      deleteIdleStats: true,
      deleteGauges: false,
      backends: [backend],
    }),
  );
  const child = fork(program, [configuration], {
    execArgv: ['--require', backend],
    env: { ...process.env, REFERENCE_STATSD_RECEIVE_BYTES: String(receiveBytes) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // JSON has no Infinity, and the server takes one as a gauge.
    serialization: 'advanced',
  });
  return new ReferenceStatsd(child, { protocol, port, adminPort, folder });
}

/**
 * A running reference server. Names are as the server keeps them, `name;tag=value;…`: `parseSeriesName` takes them apart.
 * The server's metrics about itself are left out; `received()` has them.
 */
export class ReferenceStatsd implements AsyncDisposable {
  readonly host = HOST;
  readonly port: number;
  /** Where it says what it has counted. */
  readonly adminPort: number;
  readonly #child: ChildProcess;
  readonly #protocol: 'udp' | 'tcp';
  readonly #folder: string;
  readonly #ready: Promise<unknown>;
  #questions = 0;
  #output = '';

  constructor(child: ChildProcess, { protocol, port, adminPort, folder }: Place) {
    this.port = port;
    this.#child = child;
    this.#protocol = protocol;
    this.adminPort = adminPort;
    this.#folder = folder;
    this.#ready = this.#message((message) => message.ready === true);
    this.#ready.catch(() => {}); // The same error comes out of the first call.
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-8_192);
      });
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The last 8 KiB that the server printed. Every line that it could not read is there as "Bad line: …". */
  get output(): string {
    return this.#output;
  }

  /** Resolves when the server has read everything that the kernel holds for it. */
  async settled(): Promise<void> {
    await this.#ready;
    // On a busy machine the server is quiet for a while, too, before what waits in the kernel is handed to it.
    while (!this.#hasEnded() && (await this.#waiting()) > 0) await delay(POLL_MILLIS);
    await this.#ask('settle');
  }

  /** Counters since the last flush, from the admin port. */
  async counters(): Promise<Map<string, number>> {
    return withoutOwn(parseInspected(await this.#admin('counters'), Number));
  }

  /** All gauges that were ever set, from the admin port. */
  async gauges(): Promise<Map<string, number>> {
    return withoutOwn(parseInspected(await this.#admin('gauges'), Number));
  }

  /** The samples of each timer since the last flush, in the order of arrival, from the admin port. */
  async timers(): Promise<Map<string, number[]>> {
    return parseInspected(await this.#admin('timers'), (list) => list.slice(1, -1).split(',').map(Number));
  }

  /** What the server counted of its own reading since the last flush. */
  async received(): Promise<{ packets: number; lines: number; badLines: number }> {
    const counters = parseInspected(await this.#admin('counters'), Number);
    const own = (name: string): number => counters.get(`statsd.${name}`) ?? 0;
    return {
      packets: own('packets_received'),
      lines: own('metrics_received'),
      badLines: own('bad_lines_seen'),
    };
  }

  /** Makes the server flush now, as it does at the end of each interval, and returns what its backends are given. */
  async flush(): Promise<Flush> {
    await this.settled();
    const { flush } = await this.#ask('flush');
    if (!flush) throw new Error('The reference server answered without a flush.');
    const timers = Object.entries(flush.timerData).map(
      ([name, data]) => [name, summary(data, flush.timers[name] ?? [])] as const,
    );
    return {
      counters: withoutOwn(new Map(Object.entries(flush.counters))),
      gauges: withoutOwn(new Map(Object.entries(flush.gauges))),
      timers: new Map(timers),
      sets: new Map(Object.entries(flush.sets)),
    };
  }

  /** Ends the server's process. */
  async stop(): Promise<void> {
    if (!this.#hasEnded()) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      const lastResort = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MILLIS);
      await ended;
      clearTimeout(lastResort);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** How many bytes the kernel holds for it, where the system says that. */
  async #waiting(): Promise<number> {
    if (process.platform !== 'linux') return 0;
    return this.#protocol === 'tcp' ? tcpWaiting(this.port) : ((await udpQueue(this.port))?.waiting ?? 0);
  }

  async #admin(command: 'counters' | 'gauges' | 'timers'): Promise<string> {
    await this.settled();
    const socket = connect(this.adminPort, HOST).setEncoding('utf8');
    socket.write(`${command}\n`);
    let answer = '';
    // Leaving the loop closes the connection.
    for await (const chunk of socket) {
      answer += chunk as string;
      if (answer.endsWith(END_OF_ANSWER)) return answer.slice(0, -END_OF_ANSWER.length);
    }
    throw new Error(`The reference server's admin port closed after "${answer.slice(-200)}".`);
  }

  async #ask(verb: 'settle' | 'flush'): Promise<Message> {
    await this.#ready;
    this.#questions += 1;
    const id = this.#questions;
    const answer = this.#message((message) => message.answers === id);
    if (this.#child.connected) this.#child.send({ id, verb });
    return answer;
  }

  /** The next message of this kind. Rejects when the server has ended or ends without one. */
  #message(wanted: (message: Message) => boolean): Promise<Message> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const stopListening = (): void => void child.off('message', onMessage).off('exit', onExit);
      const onMessage = (message: unknown): void => {
        if (!wanted(message as Message)) return;
        stopListening();
        resolve(message as Message);
      };
      const onExit = (): void => {
        stopListening();
        reject(new Error(`The reference server has ended. It printed:\n${this.#output}`));
      };
      child.on('message', onMessage).on('exit', onExit);
      if (this.#hasEnded()) onExit();
    });
  }
}

/** `orders;plan=pro;region=eu` → name and tags. A tag without a value has the value `''`. */
export function parseSeriesName(series: string): { name: string; tags: Record<string, string> } {
  const [name = '', ...pairs] = series.split(';');
  const tags = pairs.map((pair) => {
    const [key = '', ...value] = pair.split('=');
    return [key, value.join('=')] as const;
  });
  return { name, tags: Object.fromEntries(tags) };
}

/** The admin port prints with `util.inspect`. The server keeps only `[A-Za-z0-9_.;=-]` of a name, so no quote is in one. */
function parseInspected<Value>(printed: string, parse: (value: string) => Value): Map<string, Value> {
  const found = printed.matchAll(/(?:'([^']+)'|([A-Za-z_]\w*)): (\[[^\]]*\]|[^\s,}]+)/g);
  return new Map(
    Array.from(found, ([, quoted, plain, value]) => [quoted ?? plain ?? '', parse(value ?? '')]),
  );
}

function withoutOwn(values: Map<string, number>): Map<string, number> {
  return new Map([...values].filter(([name]) => !name.startsWith('statsd.')));
}

function summary(data: Record<string, number>, samples: number[]): TimerSummary {
  const { count = 0, mean = Number.NaN, sum = 0, lower = Number.NaN, upper = Number.NaN } = data;
  const percentiles = Object.entries(data)
    .filter(([key]) => key.startsWith('upper_'))
    .map(([key, value]) => [Number(key.slice('upper_'.length).replace('_', '.')), value] as const);
  return { count, mean, sum, lower, upper, percentiles: new Map(percentiles), samples };
}
