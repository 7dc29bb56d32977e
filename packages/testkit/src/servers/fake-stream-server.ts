import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Inbox, type FakeServer, type FakeServerAddress, type FakeServerOptions } from './fake-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** A server of TCP or unix streams. */
export interface FakeStreamServer extends FakeServer {
  /** The address, for TCP. */
  readonly host: string;
  /** The port, for TCP; 0 for unix streams. */
  readonly port: number;
  /** The path of the socket file, for unix streams; empty for TCP. */
  readonly path: string;
  /** How many connections are open. */
  readonly connections: number;
  /** Resolves as soon as at least `count` connections are open. */
  connected(count: number): Promise<void>;
  /** Stops reading, also on new connections, so that the senders' buffers fill. */
  pause(): void;
  /** Reads again, also what was sent in the meantime. */
  resume(): void;
  /** Ends all connections and goes on listening. */
  disconnect(): void;
}

/** How a stream is cut into payloads: see the option `framing`. */
export type StreamFraming = 'lines' | 'length' | 'none';

/** Options of every server of streams. */
export interface FakeStreamServerOptions extends FakeServerOptions {
  /**
   * How a stream is cut into payloads.
   *
   * - `lines`: the whole lines that arrived together, without the last newline.
   * - `length`: each payload has its length in front, in four bytes, little-endian, as in DogStatsD over `unixstream`.
   * - `none`: whatever arrived together.
   *
   * @default 'lines'
   */
  readonly framing?: StreamFraming | undefined;
}

/** Options of {@link startTcpServer}. */
export interface FakeTcpServerOptions extends FakeStreamServerOptions, FakeServerAddress {}

/** Options of {@link startUnixStreamServer}. */
export interface FakeUnixStreamServerOptions extends FakeStreamServerOptions {
  /**
   * The path of the socket file.
   *
   * @default a file in a temporary folder, which is removed when the server is closed
   */
  readonly path?: string | undefined;
}

/**
 * Starts a TCP server, by default on a free port.
 *
 * @throws when the port is taken
 */
export async function startTcpServer(options: FakeTcpServerOptions = {}): Promise<FakeStreamServer> {
  const server = new StreamServer(options, undefined);
  await server.restart();
  return server;
}

/**
 * Starts a server on a unix stream socket.
 *
 * @throws when the path is taken
 */
export async function startUnixStreamServer(
  options: FakeUnixStreamServerOptions = {},
): Promise<FakeStreamServer> {
  const server = new StreamServer(options, options.path === undefined ? new TemporaryFolder() : undefined);
  await server.restart();
  return server;
}

class StreamServer extends Inbox implements FakeStreamServer {
  readonly host: string;
  port: number;
  readonly path: string;
  readonly #framing: StreamFraming;
  readonly #folder: TemporaryFolder | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isPaused = false;

  constructor(
    options: FakeTcpServerOptions & FakeUnixStreamServerOptions,
    folder: TemporaryFolder | undefined,
  ) {
    super(options);
    const { framing = 'lines', host = '127.0.0.1', port = 0, path = '' } = options;
    this.#framing = framing;
    this.host = host;
    this.port = port;
    this.#folder = folder;
    this.path = folder ? join(folder.path, 'socket') : path;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  connected(count: number): Promise<void> {
    return this.when(() => this.#sockets.size >= count);
  }

  async restart(): Promise<void> {
    await this.close();
    await this.#folder?.create();
    this.#isPaused = false;
    // While the server is paused, nothing may be read from a new connection.
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.path === '' ? { host: this.host, port: this.port } : { path: this.path });
    await once(server, 'listening');
    const address = server.address();
    if (typeof address === 'object' && address) this.port = address.port;
  }

  pause(): void {
    this.#isPaused = true;
    for (const socket of this.#sockets) socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  disconnect(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#folder?.remove();
  }

  #accept(socket: Socket): void {
    const cut = CUTTERS[this.#framing];
    let rest: Uint8Array = Buffer.alloc(0);
    this.#sockets.add(socket);
    this.changed();
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const { payloads, rest: next } = cut(Buffer.concat([rest, chunk]));
      rest = next;
      for (const payload of payloads) this.add(payload);
    });
    if (this.#isPaused) socket.pause();
    else socket.resume();
  }
}

interface Cut {
  readonly payloads: readonly string[];
  readonly rest: Uint8Array;
}

const CUTTERS: Readonly<Record<StreamFraming, (bytes: Buffer) => Cut>> = {
  lines(bytes) {
    const end = bytes.lastIndexOf('\n');
    return end === -1
      ? { payloads: [], rest: bytes }
      : { payloads: [bytes.toString('utf8', 0, end)], rest: bytes.subarray(end + 1) };
  },
  length(bytes) {
    const payloads: string[] = [];
    let at = 0;
    while (bytes.length - at >= 4) {
      const end = at + 4 + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      payloads.push(bytes.toString('utf8', at + 4, end));
      at = end;
    }
    return { payloads, rest: bytes.subarray(at) };
  },
  none: (bytes) => ({ payloads: [bytes.toString()], rest: Buffer.alloc(0) }),
};
