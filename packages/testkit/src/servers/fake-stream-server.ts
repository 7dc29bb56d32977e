import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Inbox, type FakeServer, type FakeServerOptions } from './fake-server.ts';
import { TemporaryFolder } from './temporary-folder.ts';

/** A server of TCP or unix streams. */
export interface FakeStreamServer extends FakeServer {
  /** For TCP. */
  readonly host: string;
  /** For TCP. */
  readonly port: number;
  /** The socket file, for unix streams; empty for TCP. */
  readonly path: string;
  /** How many connections there are. */
  readonly connections: number;
  /** Resolves as soon as there are so many connections. */
  connected(count: number): Promise<void>;
  /** Stops reading, on connections to come as well, so that the senders' buffers fill. */
  pause(): void;
  /** Reads again, also what was sent meanwhile. */
  resume(): void;
  /** Ends all connections and goes on listening. */
  disconnect(): void;
}

/** What makes a payload of a stream. */
export type StreamFraming = 'lines' | 'length' | 'none';

/** Options of {@link startTcpServer} and {@link startUnixStreamServer}. */
export interface FakeStreamServerOptions extends FakeServerOptions {
  /**
   * `lines`: the whole lines that came together, without the last newline. `length`: a length of four bytes,
   * little-endian, stands in front, as in DogStatsD over `unixstream`. `none`: whatever came together.
   *
   * @default 'lines'
   */
  readonly framing?: StreamFraming;
}

/** Starts a TCP server on a free port. */
export async function startTcpServer(options: FakeStreamServerOptions = {}): Promise<FakeStreamServer> {
  const server = new StreamServer(options, undefined);
  await server.restart();
  return server;
}

/** Starts a server on a unix stream socket in a temporary folder, which is there while it listens. */
export async function startUnixStreamServer(
  options: FakeStreamServerOptions = {},
): Promise<FakeStreamServer> {
  const server = new StreamServer(options, new TemporaryFolder());
  await server.restart();
  return server;
}

class StreamServer extends Inbox implements FakeStreamServer {
  readonly host = '127.0.0.1';
  port = 0;
  readonly path: string;
  readonly #framing: StreamFraming;
  readonly #folder: TemporaryFolder | undefined;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #isPaused = false;

  constructor(
    { framing = 'lines', onPayload }: FakeStreamServerOptions,
    folder: TemporaryFolder | undefined,
  ) {
    super(onPayload);
    this.#framing = framing;
    this.#folder = folder;
    this.path = folder ? join(folder.path, 'socket') : '';
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
    // Nothing may be read of a connection that comes while the server is paused.
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#server = server;
    server.listen(this.#folder ? { path: this.path } : { host: this.host, port: this.port });
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
