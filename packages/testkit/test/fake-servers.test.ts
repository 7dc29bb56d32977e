import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  startTcpServer,
  startUdpServer,
  startUnixStreamServer,
  type FakeStreamServer,
  type StreamFraming,
} from '../src/index.ts';

const cleanups: (() => unknown)[] = [];

/** Time for what is not supposed to happen. */
async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('a UDP server', () => {
  async function setUp(host?: '::1') {
    const seen: string[] = [];
    const server = await startUdpServer({ ...(host && { host }), onPayload: (text) => seen.push(text) });
    const socket = createSocket(host ? 'udp6' : 'udp4');
    socket.on('error', () => undefined);
    cleanups.push(
      () => server.close(),
      () => socket.close(),
    );
    socket.connect(server.port, server.host);
    await once(socket, 'connect');
    const send = (text: string) =>
      new Promise<Error | null>((resolve) => {
        socket.send(text, resolve);
      });
    return { server, socket, send, seen };
  }

  it('collects datagrams, and gives them when there are enough', async () => {
    const { server, send, seen } = await setUp();
    const two = server.receive(2);
    const found = server.until((payloads) => payloads.includes('grüße'));
    for (const text of ['a\nb', 'grüße']) await send(text);
    expect(await two).toEqual(['a\nb', 'grüße']);
    expect(await found).toEqual(['a\nb', 'grüße']);
    expect(seen).toEqual(['a\nb', 'grüße']);
    expect(server.take()).toEqual(['a\nb', 'grüße']);
    expect(server.payloads).toEqual([]);
  });

  it('listens on IPv6 when it is told to', async () => {
    const { server, send } = await setUp('::1');
    await send('a');
    expect(await server.receive(1)).toEqual(['a']);
  });

  it('refuses when it is closed, and listens at the same port again', async () => {
    const { server, socket, send } = await setUp();
    const { port } = server;
    await server.close();
    await server.close();
    const refused = once(socket, 'error');
    await send('a');
    expect((await refused)[0]).toMatchObject({ code: 'ECONNREFUSED' });
    await server.restart();
    expect(server.port).toBe(port);
    await send('b');
    expect(await server.receive(1)).toEqual(['b']);
  });

  it('loses what comes while it is paused', async () => {
    const { server, send } = await setUp();
    // Told apart by what comes afterwards: datagrams on the loopback keep their order.
    server.pause();
    await send('a');
    await send('b');
    await someTurns();
    server.resume();
    await send('c');
    expect((await server.receive(1)).at(-1)).toBe('c');
    expect(server.payloads).not.toContain('a');
  });
});

describe.each([
  ['TCP', startTcpServer],
  ['a unix stream', startUnixStreamServer],
])('a server of %s', (_, start) => {
  async function setUp(framing?: StreamFraming) {
    const server = await start({ ...(framing && { framing }) });
    cleanups.push(() => server.close());
    return { server, socket: await connectTo(server) };
  }

  async function connectTo(server: FakeStreamServer): Promise<Socket> {
    const socket = connect(server.path ? { path: server.path } : { host: server.host, port: server.port });
    socket.on('error', () => undefined);
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  }

  it('gives whole lines, however they were cut', async () => {
    const { server, socket } = await setUp();
    const bytes = Buffer.from('grüße\nb\nc');
    socket.write(bytes.subarray(0, 3));
    await server.connected(1);
    socket.write(bytes.subarray(3));
    await server.until((payloads) => payloads.join('\n') === 'grüße\nb');
    socket.write('\n');
    const payloads = await server.until((so) => so.length >= 2 && so.join('\n').endsWith('c'));
    expect(payloads.join('\n')).toBe('grüße\nb\nc');
  });

  it('takes lengths in front', async () => {
    const { server, socket } = await setUp('length');
    const frame = (text: string) => {
      const body = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(body.length);
      return Buffer.concat([length, body]);
    };
    const bytes = Buffer.concat([frame('grüße\nb'), frame(''), frame('c')]);
    for (const byte of bytes) socket.write(Buffer.of(byte));
    expect(await server.receive(3)).toEqual(['grüße\nb', '', 'c']);
  });

  it('gives what comes as it comes', async () => {
    const { server, socket } = await setUp('none');
    socket.write('<a');
    expect(await server.receive(1)).toEqual(['<a']);
  });

  it('does not read while it is paused, and reads it all afterwards', async () => {
    const { server, socket } = await setUp();
    await server.connected(1);
    server.pause();
    const line = `${'x'.repeat(1 << 20)}\n`;
    let lines = 0;
    while (socket.write(line) || socket.writableLength < 8 << 20) {
      lines += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    lines += 1;
    await someTurns();
    expect(server.payloads).toEqual([]);
    server.resume();
    await server.until((payloads) => payloads.join('\n').length + 1 === lines * line.length);
  });

  it('does not read from a connection that comes while it is paused', async () => {
    const { server } = await setUp();
    server.pause();
    const socket = await connectTo(server);
    await server.connected(2);
    socket.write('a\n');
    await someTurns();
    expect(server.payloads).toEqual([]);
    server.resume();
    expect(await server.receive(1)).toEqual(['a']);
  });

  it('ends connections, refuses new ones, and listens at the same address again', async () => {
    const { server, socket } = await setUp();
    await server.connected(1);
    server.disconnect();
    await once(socket.resume(), 'end');
    const { port, path } = server;
    await server.close();
    await expect(connectTo(server)).rejects.toMatchObject({
      code: path ? 'ENOENT' : 'ECONNREFUSED',
    });
    await server.restart();
    expect(server).toMatchObject({ port, path });
    (await connectTo(server)).write('again\n');
    expect(await server.receive(1)).toEqual(['again']);
  });
});
