import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Stands in for a StatsD server, so that an example runs anywhere: prints every line that arrives. */
export async function startStatsdPrinter(): Promise<{ port: number; close: () => Promise<void> }> {
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
