import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createCertificate } from './certificate.ts';

/**
 * What happens to a new connection.
 *
 * - `cut`, `reset`: ended or reset as soon as the client began its handshake.
 * - `silent`: nothing, until the mode changes; then it goes on as the new mode says.
 * - `pass`: TLS, and what is in it goes to the server behind.
 * - `reset-request`: TLS, and a reset as soon as some of a request arrived.
 */
export type TlsFrontMode = 'cut' | 'reset' | 'silent' | 'pass' | 'reset-request';

export interface TlsFront {
  readonly url: string;
  readonly port: number;
  /** Resolves when a client is connected and hears nothing. */
  keptWaiting(): Promise<void>;
  setMode(mode: TlsFrontMode): void;
  /** Can be called twice. */
  close(): Promise<void>;
}

/** Stands in front of a server that doesn't know TLS, on a free port of 127.0.0.1. */
export async function startTlsFront(mode: TlsFrontMode, behind: string): Promise<TlsFront> {
  const target = Number(new URL(behind).port);
  const sockets = new Set<Socket>();
  const waiting = new Set<Socket>();
  let wake = (): void => undefined;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Connections that break are what this is for.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };
  const tls = createTlsServer(createCertificate(), (secure) => {
    keep(secure);
    if (mode === 'reset-request') {
      const raw = [...sockets].find(({ remotePort }) => remotePort === secure.remotePort);
      secure.once('data', () => raw?.resetAndDestroy());
      return;
    }
    const upstream = keep(connect(target, '127.0.0.1'));
    secure.pipe(upstream).pipe(secure);
    secure.on('close', () => upstream.destroy());
    upstream.on('close', () => secure.destroy());
  });
  tls.on('tlsClientError', () => undefined);
  const take = (socket: Socket) => {
    if (mode === 'silent') {
      waiting.add(socket);
      wake();
    } else if (mode === 'cut') socket.once('data', () => socket.end());
    else if (mode === 'reset') socket.once('data', () => socket.resetAndDestroy());
    else tls.emit('connection', socket);
  };
  const server = createServer((socket) => take(keep(socket)));
  const port = await listen(server);
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    async keptWaiting() {
      while (waiting.size === 0) await new Promise<void>((resolve) => (wake = resolve));
    },
    setMode(next) {
      mode = next;
      for (const socket of waiting) take(socket);
      waiting.clear();
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Listens on a free port. */
export async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
