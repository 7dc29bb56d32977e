import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/**
 * Where ports are looked for. Systems give ports above these to programs that ask for any port, so a server that is
 * ended and started again finds its own port free.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 30_000;

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  return firstFree(async (port) => {
    const server = createServer().listen(port, HOST);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
  });
}

/** A UDP port of 127.0.0.1 that nobody listens on at the moment. */
export async function freeUdpPort(): Promise<number> {
  return firstFree(async (port) => {
    const socket = createSocket('udp4').bind(port, HOST);
    await once(socket, 'listening');
    socket.close();
    await once(socket, 'close');
  });
}

/** @param tryPort rejects when somebody listens on it */
async function firstFree(tryPort: (port: number) => Promise<void>): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    try {
      await tryPort(port);
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}
