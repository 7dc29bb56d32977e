import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from './free-port.ts';
import { findProgram, programObstacle } from './server-program.ts';
import { startOnFreePorts } from './start-server.ts';

const HOST = '127.0.0.1';
const program = findProgram('redis');

/** Why there is no Redis here; `undefined` when there is one. */
export function redisObstacle(): string | undefined {
  return programObstacle('redis');
}

/**
 * Starts a real Redis in a process of its own, on a free port, with its files in a temporary folder.
 *
 * @example
 * await using redis = await startRedis();
 */
export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  return startOnFreePorts(
    async () => new RedisServer(await freePort(), folder),
    (server) => server.start(),
  );
}

/** A Redis that can be frozen, ended and started again on the same port with the same files. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(port: number, folder: string) {
    this.port = port;
    this.url = `redis://${HOST}:${port}`;
    this.#folder = folder;
  }

  /** What it printed. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<void> {
    const settings = ['--port', String(this.port), '--bind', HOST, '--dir', this.#folder, '--save', ''];
    const child = spawn(program!.file, settings, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: program!.environment,
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          this.#output += chunk;
          if (chunk.includes('Ready to accept connections')) resolve();
        });
      }
      child.once('error', reject);
      child.once('close', () => reject(new Error(`Redis ended. It printed:\n${this.#output}`)));
    });
  }

  /** Stops its process where it stands, with its connections open. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Asks it something, on a connection of its own. */
  async ask(...command: string[]): Promise<unknown> {
    const client = createClient({ url: this.url });
    await client.connect();
    const answer = await client.sendCommand(command);
    client.destroy();
    return answer;
  }

  /** Writes what it holds to its file, and ends. */
  async saveAndStop(): Promise<void> {
    await this.ask('SAVE');
    await this.stop();
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const child = this.#child!;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
