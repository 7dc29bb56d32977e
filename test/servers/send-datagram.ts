import { createSocket } from 'node:dgram';

/** Sends one datagram to a port of 127.0.0.1. Resolves when the kernel has it. */
export async function sendDatagram(text: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) =>
    socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
}
