import { once } from 'node:events';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import {
  startTcpServer,
  startUnixStreamServer,
  type FakeServer,
  type FakeStreamServer,
} from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DELIVERED, systemClock, type Clock } from '../src/index.ts';
import { StreamTransport } from '../src/stream-transport.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { deliver, expectIdentity, exportTo, FAILED, many, SUCCESS } from './fake-server.ts';

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

/** Whose timers are over in a later turn of the event loop, however long they are. */
const AT_ONCE: Clock = {
  now: () => 0,
  schedule(_, callback) {
    const soon = setImmediate(callback);
    return () => clearImmediate(soon);
  },
  turn: () => systemClock.turn(),
};

function transportTo(
  address: { port: number; host: string } | { path: string },
  { frame = withNewline, clock = AT_ONCE } = {},
) {
  const sockets: Socket[] = [];
  const transport = new StreamTransport({
    connect: () => {
      const socket = connect(address);
      sockets.push(socket);
      return socket;
    },
    frame,
    clock,
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
    const { transport } = transportTo({ path: server.path }, { frame: (text) => `<${text}>` });
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

describe('a peer that ends the connection', () => {
  /** A server whose connections the test has, a transport to it, and time that the test lets pass. */
  async function start() {
    const server = createServer();
    const peers: Socket[] = [];
    server.on('connection', (socket) => peers.push(socket.on('error', () => undefined)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      for (const peer of peers) peer.destroy();
      server.close();
    });
    const clock = new FakeClock();
    const { port } = server.address() as AddressInfo;
    const { transport, sockets } = transportTo({ ...tcp, port }, { clock });
    /** Sends, and resolves when the connection is there. */
    const begin = async (payload: string) => {
      const outcome = transport.send(payload, NEVER);
      await Promise.all([once(server, 'connection'), once(sockets.at(-1)!, 'connect')]);
      return { outcome, peer: peers.at(-1)!, socket: sockets.at(-1)! };
    };
    /** The other end is closed, and this one knows. */
    const end = async (peer: Socket, socket: Socket, how: 'end' | 'resetAndDestroy') => {
      const heard = new Promise((resolve) => socket.once('close', resolve));
      if (how === 'end') peer.end();
      else peer.resetAndDestroy();
      await heard;
    };
    return { server, clock, transport, sockets, begin, end };
  }

  it.each(['end', 'resetAndDestroy'] as const)('before the first write (%s) gets nothing', async (how) => {
    const { clock, begin, end, sockets, transport } = await start();
    const { outcome, peer, socket } = await begin('a');
    const beside = transport.send('b', NEVER);
    await clock.advance(19);
    expect(socket.bytesWritten).toBe(0);
    await end(peer, socket, how);
    expect([await outcome, await beside]).toEqual([
      { type: 'not-accepted', reason: expect.stringMatching(/closed the connection|ECONNRESET/) },
      { type: 'not-accepted', reason: expect.any(String) },
    ]);
    // The next payload gets a new connection.
    void begin('c');
    await settle();
    expect(sockets).toHaveLength(2);
  });

  it.each(['end', 'resetAndDestroy'] as const)(
    'in the second after the first write (%s) may have read what was written',
    async (how) => {
      const { clock, begin, end, transport } = await start();
      const { outcome, peer, socket } = await begin('a');
      await clock.advance(20);
      const later = transport.send('b', NEVER);
      await clock.advance(999);
      await end(peer, socket, how);
      expect([await outcome, await later].map(({ type }) => type)).toEqual(['unknown', 'unknown']);
    },
  );

  it('after that second has read what was written then, as far as anybody can know', async () => {
    const { clock, begin, end, transport } = await start();
    const { outcome, peer, socket } = await begin('a');
    let isSettled = false;
    void outcome.then(() => (isSettled = true));
    await clock.advance(20);
    await clock.advance(999);
    expect(isSettled).toBe(false);
    await clock.advance(1);
    expect(await outcome).toEqual(DELIVERED);
    // From now on, what the kernel takes is delivered at once.
    expect(await transport.send('b', NEVER)).toEqual(DELIVERED);
    await end(peer, socket, 'end');
    expect(clock.timers).toBe(0);
  });

  it('is waited for twice as long as connecting took', async () => {
    const { clock, transport, sockets, server } = await start();
    const outcome = transport.send('a', NEVER);
    clock.millis = 50;
    await Promise.all([once(server, 'connection'), once(sockets[0]!, 'connect')]);
    await clock.advance(99);
    expect(sockets[0]!.bytesWritten).toBe(0);
    await clock.advance(1);
    expect(sockets[0]!.bytesWritten).toBe(2);
    await clock.advance(1000);
    expect(await outcome).toEqual(DELIVERED);
  });

  it('is not waited for beyond the time that there is', async () => {
    const { clock, transport, sockets, server } = await start();
    const cutOff = new AbortController();
    const outcome = transport.send('a', cutOff.signal);
    await Promise.all([once(server, 'connection'), once(sockets[0]!, 'connect')]);
    await clock.advance(20);
    cutOff.abort();
    expect(await outcome).toEqual(DELIVERED);
    // The connection is as good as before, and still on trial.
    const next = transport.send('b', NEVER);
    let isSettled = false;
    void next.then(() => (isSettled = true));
    await settle();
    expect([isSettled, sockets.length]).toEqual([false, 1]);
    await clock.advance(1000);
    expect(await next).toEqual(DELIVERED);
  });

  it('is an outage of two lines, and costs nothing when it comes before the first write', async () => {
    const { clock, server, transport, sockets } = await start();
    const exporter = deliver(transport, { clock, timeoutMillis: 60_000 });
    const said = listenToDiag();
    cleanups.push(() => said.stop());
    for (let time = 0; time < 3; time += 1) {
      const result = exportTo(exporter, many(2));
      const [peer] = (await once(server, 'connection')) as [Socket];
      const closedAgain = once(sockets.at(-1)!, 'close');
      peer.end();
      await closedAgain;
      expect((await result).code).toBe(FAILED);
    }
    expect(exporter.stats()).toMatchObject({ exported: { points: 0 }, pending: { points: 6 } });
    const result = exportTo(exporter, many(2));
    await once(server, 'connection');
    await clock.advance(1020);
    expect(await result).toEqual({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({ exported: { points: 8, amount: 8 }, dropped: { points: 0 } });
    expect(said.warn).toHaveLength(2);
    expectIdentity(exporter.stats());
  });
});
