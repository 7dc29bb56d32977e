import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import {
  startTcpServer,
  startUnixStreamServer,
  type FakeServer,
  type FakeStreamServer,
} from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DELIVERED } from '../src/index.ts';
import { StreamTransport } from '../src/stream-transport.ts';

const { signal: NEVER } = new AbortController();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(starting: Promise<FakeStreamServer>): Promise<FakeStreamServer> {
  const server = await starting;
  cleanups.push(() => server.close());
  return server;
}

const withNewline = (payload: string) => `${payload}\n`;

const listen = () => open(startTcpServer({ framing: 'none' }));

/** All that was received, once it is so much. */
async function receive(server: FakeServer, length: number): Promise<string> {
  return (await server.until((payloads) => payloads.join('').length >= length)).join('');
}

function transportTo(address: { port: number; host: string } | { path: string }, frame = withNewline) {
  const sockets: Socket[] = [];
  const transport = new StreamTransport({
    connect: () => {
      const socket = connect(address);
      sockets.push(socket);
      return socket;
    },
    frame,
  });
  cleanups.push(() => transport.close());
  return { transport, sockets };
}

const tcp = { host: '127.0.0.1', port: 0 };

describe('StreamTransport', () => {
  it('writes frames in order over one TCP connection, as UTF-8, the last one with its newline', async () => {
    const server = await listen();
    const { transport, sockets } = transportTo({ ...tcp, port: server.port });
    const outcomes = await Promise.all(
      ['grüße:1|c', 'b:1|c\nc:1|c', 'd:1|c'].map((text) => transport.send(text, NEVER)),
    );
    expect(outcomes).toEqual([DELIVERED, DELIVERED, DELIVERED]);
    const expected = 'grüße:1|c\nb:1|c\nc:1|c\nd:1|c\n';
    expect(await receive(server, expected.length)).toBe(expected);
    expect(sockets).toHaveLength(1);
  });

  it('writes to a unix stream, framed as told', async () => {
    const server = await open(startUnixStreamServer({ framing: 'none' }));
    const { transport } = transportTo({ path: server.path }, (text) => `<${text}>`);
    expect(await transport.send('a', NEVER)).toEqual(DELIVERED);
    expect(await receive(server, 3)).toBe('<a>');
  });

  it.each([
    ['a refused port', { host: '127.0.0.1', port: 1 }, /ECONNREFUSED/],
    ['an unknown host', { host: 'no-such-host.invalid', port: 1 }, /ENOTFOUND|EAI_AGAIN/],
    ['a missing socket file', { path: '/no/such/socket' }, /ENOENT/],
  ])('does not throw for %s, and says it', async (_, address, reason) => {
    const { transport } = transportTo(address);
    const outcomes = await Promise.all([transport.send('a', NEVER), transport.send('b', NEVER)]);
    for (const outcome of outcomes) {
      expect(outcome).toEqual({ type: 'not-accepted', reason: expect.stringMatching(reason) });
    }
  });

  it('connects again after the server closed the connection, and after it was away', async () => {
    const server = await listen();
    const { transport, sockets } = transportTo({ ...tcp, port: server.port });
    await transport.send('a', NEVER);
    await receive(server, 2);
    server.disconnect();
    await once(sockets[0]!, 'end');
    expect(await transport.send('b', NEVER)).toEqual(DELIVERED);
    expect(await receive(server, 4)).toBe('a\nb\n');

    await server.close();
    await once(sockets[1]!, 'close');
    expect(await transport.send('c', NEVER)).toMatchObject({ type: 'not-accepted' });
    server.take();
    await server.restart();
    expect(await transport.send('d', NEVER)).toEqual(DELIVERED);
    expect(await receive(server, 2)).toBe('d\n');
  });

  it('waits for a server that does not read, and is unknown when cut off there', async () => {
    const server = await listen();
    const { transport, sockets } = transportTo({ ...tcp, port: server.port });
    await transport.send('hello', NEVER);
    await server.connected(1);
    server.pause();
    const cutOff = new AbortController();
    const outcomes: string[] = [];
    const sends = Array.from({ length: 32 }, async () => {
      const { type } = await transport.send('x'.repeat(1 << 20), cutOff.signal);
      outcomes.push(type);
    });
    while ((sockets[0]!.writableLength ?? 0) < 1 << 20) await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes.length).toBeLessThan(32);
    cutOff.abort();
    await Promise.all(sends);
    expect(outcomes).toContain('unknown');
    expect(outcomes).not.toContain('not-accepted');
    expect(sockets[0]!.destroyed).toBe(true);
    // Half a frame may be out there: what comes next must not be glued to it.
    expect(await transport.send('b', NEVER)).toEqual(DELIVERED);
    expect(sockets).toHaveLength(2);
  });

  it.each([
    ['has not begun to connect', () => new Socket()],
    ['is connecting', () => connect({ host: 'a.name', port: 1, lookup: () => undefined })],
  ])('gives up at once when it is cut off and %s', async (_, connecting) => {
    const transport = new StreamTransport({ connect: connecting, frame: withNewline });
    const cutOff = new AbortController();
    const outcome = transport.send('a', cutOff.signal);
    cutOff.abort();
    // Later it would be too late to say that it was not sent.
    const tooLate = new Promise((resolve) => setImmediate(resolve, 'too late'));
    expect(await Promise.race([outcome, tooLate])).toEqual({
      type: 'not-accepted',
      reason: 'no connection in time',
    });
  });

  it('closes after what was sent has left, and can be closed unused', async () => {
    const server = await listen();
    const { transport } = transportTo({ ...tcp, port: server.port });
    await transport.send('a', NEVER);
    await transport.close();
    expect(await receive(server, 2)).toBe('a\n');
    await transport.close();
    await transportTo({ ...tcp, port: server.port }).transport.close();
  });
});
