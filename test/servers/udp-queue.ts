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
  const address = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = (await readFile('/proc/net/udp', 'utf8'))
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const socket = sockets.find(([, local]) => local === address);
  if (socket === undefined) return undefined;
  const [, waiting = ''] = socket[4]!.split(':');
  return { waiting: Number.parseInt(waiting, 16), dropped: Number(socket.at(-1)) };
}
