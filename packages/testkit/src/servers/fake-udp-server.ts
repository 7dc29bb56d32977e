import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Inbox, type FakeServer, type FakeServerAddress, type FakeServerOptions } from './fake-server.ts';
import { isIPv6 } from 'node:net';

/** A UDP server: each payload is a datagram. */
export interface FakeUdpServer extends FakeServer {
  /** The address that it listens on. */
  readonly host: string;
  /** The port that it listens on. */
  readonly port: number;
  /** Loses what arrives from now on, as a server does whose receive buffer is full. The sender is not told. */
  pause(): void;
  /** Receives again. What arrived in the meantime stays lost. */
  resume(): void;
}

/** Options of {@link startUdpServer}. */
export interface FakeUdpServerOptions extends FakeServerOptions, FakeServerAddress {}

/** How much the kernel is asked to hold while the test, which runs in the same process, does something else. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

/**
 * Starts a UDP server, by default on a free port.
 *
 * @throws when the port is taken
 * @example
 * const server = await startUdpServer();
 * const exporter = new StatsdMetricExporter({ port: server.port });
 * …
 * expect(await server.receive(1)).toEqual(['orders:1|c']);
 * await server.close();
 */
export async function startUdpServer(options: FakeUdpServerOptions = {}): Promise<FakeUdpServer> {
  const server = new UdpServer(options);
  await server.restart();
  return server;
}

class UdpServer extends Inbox implements FakeUdpServer {
  readonly host: string;
  port: number;
  #socket: Socket | undefined;
  #isPaused = false;

  constructor(options: FakeUdpServerOptions) {
    super(options);
    const { host = '127.0.0.1', port = 0 } = options;
    this.host = host;
    this.port = port;
  }

  async restart(): Promise<void> {
    await this.close();
    const socket = createSocket({
      type: isIPv6(this.host) ? 'udp6' : 'udp4',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    this.#socket = socket;
    this.#isPaused = false;
    socket.on('message', (message) => {
      if (!this.#isPaused) this.add(message.toString());
    });
    socket.bind(this.port, this.host);
    await once(socket, 'listening');
    this.port = socket.address().port;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    if (!socket) return;
    socket.close();
    await once(socket, 'close');
  }
}
