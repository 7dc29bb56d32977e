import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { answerRequests } from './program.ts';

/**
 * Where datagrams and requests go: `listen` starts it, `count` says how many datagrams arrived since the last count, once
 * no more come.
 */
export type SinkRequest = { readonly type: 'listen' } | { readonly type: 'count' };

export interface Ports {
  readonly udp: number;
  readonly http: number;
}

export interface Arrived {
  readonly datagrams: number;
  readonly lines: number;
  readonly bytes: number;
}

const NEWLINE = 10;
const QUIET_MILLIS = 50;

const socket = createSocket('udp4');
let arrived = { datagrams: 0, lines: 0, bytes: 0 };

socket.on('message', (datagram) => {
  arrived.datagrams += 1;
  arrived.bytes += datagram.length;
  arrived.lines += 1;
  // A newline at the very end would begin no other line.
  let newline = datagram.indexOf(NEWLINE);
  while (newline !== -1 && newline < datagram.length - 1) {
    arrived.lines += 1;
    newline = datagram.indexOf(NEWLINE, newline + 1);
  }
});

// What an intake says to whatever it takes.
const server = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(202).end('{"errors":[]}'));
});

answerRequests(async ({ type }: SinkRequest): Promise<Ports | Arrived> => {
  if (type === 'listen') {
    socket.bind(0, '127.0.0.1');
    server.listen(0, '127.0.0.1');
    await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
    return { udp: socket.address().port, http: (server.address() as AddressInfo).port };
  }
  for (let seen = -1; seen !== arrived.datagrams;) {
    seen = arrived.datagrams;
    await pause(QUIET_MILLIS);
  }
  const counted = arrived;
  arrived = { datagrams: 0, lines: 0, bytes: 0 };
  return counted;
});
