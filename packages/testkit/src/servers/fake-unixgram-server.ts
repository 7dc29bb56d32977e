import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Inbox, type FakeServer, type FakeServerOptions } from './fake-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** A server of unix datagrams: each payload is a datagram. */
export interface FakeUnixgramServer extends FakeServer {
  /** The path of the socket file. */
  readonly path: string;
  /** Puts a server in its place that doesn't read, so that senders are held up. What they send to it is lost. */
  pause(): Promise<void>;
  /** Receives again, at the same path. */
  resume(): Promise<void>;
}

/** Options of {@link startUnixgramServer}. */
export interface FakeUnixgramServerOptions extends FakeServerOptions {
  /** The path of the native module that Node needs for such sockets: `require.resolve('unix-dgram')`. */
  readonly unixDgram: string;
  /**
   * The path of the socket file, which is removed when the server is closed.
   *
   * @default a file in a temporary folder, which is removed as well
   */
  readonly path?: string | undefined;
}

interface UnixDgram {
  createSocket(
    type: 'unix_dgram',
    listener: (message: Buffer) => void,
  ): { bind(path: string): void; close(): void };
}

/**
 * Starts a server of unix datagrams, by default in a temporary folder.
 *
 * @throws when the native module can't be loaded, or the path is taken
 */
export async function startUnixgramServer(options: FakeUnixgramServerOptions): Promise<FakeUnixgramServer> {
  const server = new UnixgramServer(options);
  await server.restart();
  return server;
}

/** After this time the process ends whose test was killed. It is longer than any test. */
const DEAF_MILLIS = 120_000;

/** A program that binds a socket and then blocks its thread, because the native module can't be told not to read. */
const DEAF_SERVER = `
  const [module, path] = process.argv.slice(1);
  require(module).createSocket('unix_dgram').bind(path);
  require('node:fs').writeSync(1, 'bound');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${DEAF_MILLIS});`;

class UnixgramServer extends Inbox implements FakeUnixgramServer {
  readonly path: string;
  readonly #unixDgram: string;
  readonly #folder: TemporaryFolder | undefined;
  #socket: { close(): void } | undefined;
  #deaf: ChildProcess | undefined;

  constructor(options: FakeUnixgramServerOptions) {
    super(options);
    const { unixDgram, path } = options;
    this.#unixDgram = unixDgram;
    this.#folder = path === undefined ? new TemporaryFolder() : undefined;
    this.path = path ?? join(this.#folder!.path, 'socket');
  }

  async restart(): Promise<void> {
    await this.close();
    const native = createRequire(this.#unixDgram)(this.#unixDgram) as UnixDgram;
    await this.#folder?.create();
    const socket = native.createSocket('unix_dgram', (message) => this.add(message.toString()));
    socket.bind(this.path);
    this.#socket = socket;
  }

  async pause(): Promise<void> {
    await this.close();
    await this.#folder?.create();
    const deaf = spawn(process.execPath, ['--eval', DEAF_SERVER, this.#unixDgram, this.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#deaf = deaf;
    await once(deaf.stdout, 'data');
  }

  resume(): Promise<void> {
    return this.restart();
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    const deaf = this.#deaf;
    this.#deaf = undefined;
    if (deaf) {
      deaf.kill('SIGKILL');
      await once(deaf, 'close');
    }
    // A file of that name that is not of this server stays.
    const isOwn = socket !== undefined || deaf !== undefined;
    await (this.#folder?.remove() ?? (isOwn ? rm(this.path, { force: true }) : undefined));
  }
}
