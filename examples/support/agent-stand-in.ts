import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Stands in for a Datadog Agent on a unix stream socket, so that an example runs anywhere. */
export async function startAgentStandIn() {
  const path = join(await mkdtemp(join(tmpdir(), 'tallykit-')), 'dsd.socket');
  const received = { frames: 0, bytes: 0, lines: [] as string[] };
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  async function restart(): Promise<void> {
    server = createServer((socket) => {
      let rest = Buffer.alloc(0);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      socket.on('data', (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        // Each frame has its length in front, in four bytes.
        while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32LE()) {
          const end = 4 + rest.readUInt32LE();
          received.frames += 1;
          received.bytes += end;
          received.lines.push(...rest.toString('utf8', 4, end).split('\n'));
          rest = rest.subarray(end);
        }
      });
    });
    server.listen(path);
    await once(server, 'listening');
  }

  async function close(): Promise<void> {
    const closing = server;
    server = undefined;
    if (!closing) return;
    closing.close();
    // Reads what was sent until then.
    for (const socket of sockets) socket.end();
    await once(closing, 'close');
  }

  await restart();
  return { url: `unixstream://${path}`, received, restart, close };
}
