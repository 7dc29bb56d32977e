import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { findProgram, programObstacle } from './server-program.ts';
import { startOnFreePorts } from './start-server.ts';

const HOST = '127.0.0.1';
const STOP_WITHIN_MILLIS = 5_000;

/** An endpoint of Datadog's that VictoriaMetrics may know. Version 1.79 knows the first one only. */
export type DatadogEndpoint = '/api/v1/series' | '/api/v2/series' | '/api/beta/sketches';

/** One series as it was stored. */
export interface StoredSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Milliseconds since 1970. */
  readonly timestamps: readonly number[];
}

const program = findProgram('victoria-metrics');

/** Why there is no VictoriaMetrics here; `undefined` when there is one. */
export function victoriaMetricsObstacle(): string | undefined {
  return programObstacle('victoria-metrics');
}

/**
 * Starts VictoriaMetrics, which takes Datadog's protocol, in a process of its own, on a free port, with a temporary folder.
 *
 * @example
 * await using server = await startVictoriaMetrics();
 * const exporter = new DatadogHttpMetricExporter({ apiKey: 'any', url: server.datadogUrl });
 */
export function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  return startOnFreePorts(launch, (server) => server.started());
}

async function launch(): Promise<VictoriaMetrics> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'victoria-metrics-'));
  const child = spawn(
    program!.file,
    [`-httpListenAddr=${HOST}:${port}`, `-storageDataPath=${folder}`, '-retentionPeriod=1d'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: program!.environment },
  );
  return new VictoriaMetrics(child, port, folder);
}

/** A running VictoriaMetrics. */
export class VictoriaMetrics implements AsyncDisposable {
  /** For the exporter's option `url`. */
  readonly datadogUrl: string;
  readonly #url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #output = '';

  constructor(child: ChildProcess, port: number, folder: string) {
    this.#url = `http://${HOST}:${port}`;
    this.datadogUrl = `${this.#url}/datadog`;
    this.#child = child;
    this.#folder = folder;
  }

  /** The last 8 KiB that the server printed. */
  get output(): string {
    return this.#output;
  }

  /** Resolves when it listens. */
  started(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', () =>
        reject(new Error(`VictoriaMetrics ended. It printed:\n${this.#output}`)),
      );
      this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#output = (this.#output + chunk).slice(-8_192);
        if (this.#output.includes('started server at') || this.#output.includes('started VictoriaMetrics in'))
          this.#answers().then(resolve, reject);
      });
    });
  }

  /** Whether it has an endpoint, which older versions answer with 400. */
  async knows(endpoint: DatadogEndpoint): Promise<boolean> {
    const isProtobuf = endpoint === '/api/beta/sketches';
    const response = await fetch(this.datadogUrl + endpoint, {
      method: 'POST',
      headers: { 'Content-Type': isProtobuf ? 'application/x-protobuf' : 'application/json' },
      body: isProtobuf ? '' : '{"series":[]}',
    });
    await response.text();
    return response.ok;
  }

  /** All series that it has received. */
  async series(): Promise<StoredSeries[]> {
    await this.#get('/internal/force_flush');
    // Otherwise it leaves out what lies in the future, be it by a second.
    const end = Math.ceil(Date.now() / 1000) + 600;
    const match = encodeURIComponent('{__name__!=""}');
    const lines = await this.#get(`/api/v1/export?match[]=${match}&end=${end}`);
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>;
          values: number[];
          timestamps: number[];
        };
        const { __name__: name = '', ...labels } = metric;
        return { name, labels, values, timestamps };
      });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MILLIS);
      child.kill('SIGTERM');
      await exit;
      clearTimeout(timer);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** It says that it has started a moment before it listens. */
  async #answers(): Promise<void> {
    for (;;) {
      try {
        await this.#get('/health');
        return;
      } catch (error) {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(this.#url + path);
    const text = await response.text();
    if (!response.ok) throw new Error(`VictoriaMetrics answered ${path} with ${response.status}: ${text}`);
    return text;
  }
}
