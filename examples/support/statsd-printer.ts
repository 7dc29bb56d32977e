import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** The StatsD server at the port STATSD_PORT of this machine, or one of its own that prints every line that arrives. */
export async function startStatsdPrinter(): Promise<{ port: number; close: () => Promise<void> }> {
  const known = process.env['STATSD_PORT'];
  if (known !== undefined) return { port: Number(known), close: () => Promise.resolve() };

  const goodbye = 'goodbye';
  const socket = createSocket('udp4', (datagram) => {
    const text = String(datagram);
    if (text === goodbye) socket.close();
    else console.log(text.replaceAll(/^/gm, '  '));
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    port,
    close: async () => {
      // Comes after everything that was sent before, so nothing is left unread.
      socket.send(goodbye, port, '127.0.0.1');
      await once(socket, 'close');
    },
  };
}
