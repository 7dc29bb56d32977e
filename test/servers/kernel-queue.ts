import { readFile } from 'node:fs/promises';

/** What the kernel holds for a server that reads datagrams. */
export interface UdpQueue {
  /** Bytes that the server has not read yet. */
  readonly waiting: number;
  /** Datagrams that found no room. */
  readonly dropped: number;
}

/**
 * Looks at the socket that is bound to a UDP port of 127.0.0.1; `undefined` when there is none.
 * Its columns: https://docs.kernel.org/networking/proc_net_tcp.html, with the drops at the end.
 */
export async function udpQueue(port: number): Promise<UdpQueue | undefined> {
  const socket = (await sockets('udp')).find(([, local]) => local === addressOf(port));
  if (socket === undefined) return undefined;
  return { waiting: bytesIn(socket)[1], dropped: Number(socket.at(-1)) };
}

/** How many bytes of all connections to a TCP port of 127.0.0.1 the server has not read yet. */
export async function tcpWaiting(port: number): Promise<number> {
  const address = addressOf(port);
  let waiting = 0;
  for (const socket of await sockets('tcp')) {
    const [, local, remote] = socket;
    const [toSend, toRead] = bytesIn(socket);
    if (local === address) waiting += toRead;
    else if (remote === address) waiting += toSend;
  }
  return waiting;
}

/** The columns of each socket. */
async function sockets(protocol: 'udp' | 'tcp'): Promise<string[][]> {
  const lines = (await readFile(`/proc/net/${protocol}`, 'utf8')).trim().split('\n');
  return lines.slice(1).map((line) => line.trim().split(/\s+/));
}

function addressOf(port: number): string {
  return `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** What a socket has not sent, and what was not read from it. */
function bytesIn(socket: readonly string[]): [toSend: number, toRead: number] {
  const [toSend = '', toRead = ''] = socket[4]!.split(':');
  return [Number.parseInt(toSend, 16), Number.parseInt(toRead, 16)];
}
