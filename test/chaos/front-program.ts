// Stands in front of a server and hands on what it gets, so that a test can end it, stop it and start it again, with what
// the kernel makes of that, while the server behind keeps its books. Tells where it listens.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tell } from './child.ts';
import type { FrontPlace } from './front.ts';

const { FRONT_PLACE = '' } = process.env;
const { kind, host, port, path, behind, unixDgram, isDeaf, turnsAway } = JSON.parse(
  FRONT_PLACE,
) as FrontPlace;

// Whoever started it is gone.
process.on('disconnect', () => process.exit());

const LISTEN = { udp: listenToDatagrams, unixgram: listenToUnixDatagrams, stream: listenToStreams };
tell({ reply: await LISTEN[kind]() });

async function listenToDatagrams(): Promise<number> {
  const back = createSocket('udp4');
  const socket = createSocket('udp4', (datagram) => back.send(datagram, behind, '127.0.0.1'));
  socket.bind(port, host);
  await once(socket, 'listening');
  return socket.address().port;
}

function listenToUnixDatagrams(): number {
  const back = createSocket('udp4');
  const native = createRequire(import.meta.url)(unixDgram) as {
    createSocket(type: 'unix_dgram', listener: (datagram: Buffer) => void): { bind(path: string): void };
  };
  const socket = native.createSocket('unix_dgram', (datagram) => back.send(datagram, behind, '127.0.0.1'));
  socket.bind(`${path}.new`);
  renameSync(`${path}.new`, path);
  return 0;
}

async function listenToStreams(): Promise<number> {
  const server = createServer((near) => {
    if (turnsAway) {
      near.destroy();
      return;
    }
    const far = connect(behind, '127.0.0.1');
    join(near, far);
    join(far, near);
  });
  // The kernel completes one connection more than the backlog has, and then answers no further one.
  if (path === '') server.listen({ port, host, ...(isDeaf && { backlog: 1 }) });
  else server.listen(`${path}.new`);
  await once(server, 'listening');
  if (path === '') return (server.address() as AddressInfo).port;
  // Over a file that is there, as servers do that are replaced without a gap.
  renameSync(`${path}.new`, path);
  return 0;
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.on('close', () => to.end());
}
