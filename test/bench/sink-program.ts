import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { answerRequests } from './program.ts';

/** Where the datagrams go: `port` starts it, `count` says how many arrived since the last count, once no more come. */
export type SinkRequest = { readonly type: 'port' } | { readonly type: 'count' };

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

answerRequests(async ({ type }: SinkRequest): Promise<number | Arrived> => {
  if (type === 'port') {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  }
  for (let seen = -1; seen !== arrived.datagrams;) {
    seen = arrived.datagrams;
    await pause(QUIET_MILLIS);
  }
  const counted = arrived;
  arrived = { datagrams: 0, lines: 0, bytes: 0 };
  return counted;
});
