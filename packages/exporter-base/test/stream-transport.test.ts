import { once, setMaxListeners } from 'node:events';
import { connect, createServer, Socket, type AddressInfo } from 'node:net';
import {
  startTcpServer,
  startUnixStreamServer,
  type FakeServer,
  type FakeStreamServer,
} from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DELIVERED, type Clock } from '../src/index.ts';
import { StreamTransport } from '../src/transports/stream-transport.ts';
import { listenToDiag } from './diag-messages.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { deliver, expectIdentity, exportTo, FAILED, many, SUCCESS } from './fake-server.ts';

const { signal: NEVER } = new AbortController();
setMaxListeners(0, NEVER);
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

type Address = { readonly port: number; readonly host: string } | { readonly path: string };

function transportTo(address: Address, { frame = withNewline, clock = new FakeClock() } = {}) {
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
  return { transport, sockets, clock };
}

/** Lets time pass until it is settled. */
async function passing<Value>(clock: FakeClock, promise: Promise<Value>): Promise<Value> {
  const work = { isSettled: false };
  void promise.finally(() => (work.isSettled = true));
  while (!work.isSettled) await clock.advance(100);
  return promise;
}

/** A server whose connections the test ends. */
async function startGate() {
  const accepted: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => undefined);
    accepted.push(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** The latest connection, as soon as both ends know of it. */
  const connected = async (socket: Socket, count = 1) => {
    if (socket.connecting) await once(socket, 'connect');
    while (accepted.length < count) await once(server, 'connection');
    await settle();
    return accepted.at(-1)!;
  };
  return { address: { host: '127.0.0.1', port }, connected };
}

const ENDS: readonly (readonly [by: string, end: (socket: Socket) => unknown])[] = [
  ['end()', (socket) => socket.end()],
  ['close()', (socket) => socket.destroy()],
];

const tcp = { host: '127.0.0.1', port: 0 };

describe('StreamTransport', () => {
  it('writes frames in order over one TCP connection, as UTF-8, the last one with its newline', async () => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    const outcomes = await passing(
      clock,
      Promise.all(['grüße:1|c', 'b:1|c\nc:1|c', 'd:1|c'].map((text) => transport.send(text, NEVER))),
    );
    expect(outcomes).toEqual([DELIVERED, DELIVERED, DELIVERED]);
    const expected = 'grüße:1|c\nb:1|c\nc:1|c\nd:1|c\n';
    expect(await receive(server, expected.length)).toBe(expected);
    expect(sockets).toHaveLength(1);
  });

  it('writes to a unix stream, framed as told', async () => {
    const server = await open(startUnixStreamServer({ framing: 'none' }));
    const { transport, clock } = transportTo({ path: server.path }, { frame: (text) => `<${text}>` });
    expect(await passing(clock, transport.send('a', NEVER))).toEqual(DELIVERED);
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
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    await passing(clock, transport.send('a', NEVER));
    await receive(server, 2);
    server.disconnect();
    await once(sockets[0]!, 'end');
    expect(await passing(clock, transport.send('b', NEVER))).toEqual(DELIVERED);
    expect(await receive(server, 4)).toBe('a\nb\n');

    await server.close();
    await once(sockets[1]!, 'close');
    expect(await transport.send('c', NEVER)).toMatchObject({ type: 'not-accepted' });
    server.take();
    await server.restart();
    expect(await passing(clock, transport.send('d', NEVER))).toEqual(DELIVERED);
    expect(await receive(server, 2)).toBe('d\n');
  });

  it('waits for a server that does not read, and is unknown when cut off there', async () => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    await passing(clock, transport.send('hello', NEVER));
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
    expect(await passing(clock, transport.send('b', NEVER))).toEqual(DELIVERED);
    expect(sockets).toHaveLength(2);
  });

  it('does not know what became of a write that was under way when the server reset the connection', async () => {
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const first = transport.send('hello', NEVER);
    const socket = await gate.connected(sockets[0]!);
    expect(await passing(clock, first)).toEqual(DELIVERED);
    const outcome = transport.send('x'.repeat(1 << 25), NEVER);
    await settle();
    socket.resetAndDestroy();
    expect(await outcome).toMatchObject({ type: 'unknown' });
  });

  it.each([
    ['has not begun to connect', () => new Socket()],
    ['is connecting', () => connect({ host: 'a.name', port: 1, lookup: () => undefined })],
  ])('gives up at once when it is cut off and %s', async (_, connecting) => {
    const transport = new StreamTransport({
      connect: connecting,
      frame: withNewline,
      clock: new FakeClock(),
    });
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
    const { transport, clock } = transportTo({ ...tcp, port: server.port });
    await passing(clock, transport.send('a', NEVER));
    await transport.close();
    expect(await receive(server, 2)).toBe('a\n');
    await transport.close();
    await transportTo({ ...tcp, port: server.port }).transport.close();
  });

  it('says that nothing was accepted when there is no time at all, or no connection can be begun', async () => {
    const { transport, sockets } = transportTo({ ...tcp, port: 1 });
    expect(await transport.send('a', AbortSignal.abort())).toMatchObject({ type: 'not-accepted' });
    expect(sockets).toEqual([]);
    const connecting = () => connect({ port: 65_536 });
    const broken = new StreamTransport({ connect: connecting, frame: withNewline });
    expect(await broken.send('a', NEVER)).toMatchObject({ type: 'not-accepted' });
  });
});

describe('A new connection of a StreamTransport', () => {
  it.each(ENDS)('that ends before its first write, by %s, was not accepted', async (_, end) => {
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const outcomes = Promise.all([transport.send('a', NEVER), transport.send('b', NEVER)]);
    const socket = await gate.connected(sockets[0]!);
    await clock.advance(19);
    end(socket);
    const reason = 'the server closed the connection right after it was opened';
    expect(await outcomes).toEqual([
      { type: 'not-accepted', reason },
      { type: 'not-accepted', reason },
    ]);
    expect(sockets[0]!.bytesWritten).toBe(0);
    void transport.send('c', NEVER);
    expect(sockets).toHaveLength(2);
  });

  it.each([
    [0, 20],
    [9, 20],
    [100, 200],
    [20_000, 1000],
  ])('that took %i ms to connect is written to after %i ms', async (connectMillis, listenMillis) => {
    const gate = await startGate();
    const [socket, clock] = [new Socket(), new FakeClock()];
    const transport = new StreamTransport({ connect: () => socket, frame: withNewline, clock });
    cleanups.push(() => transport.close());
    void transport.send('a', NEVER);
    clock.millis += connectMillis;
    socket.connect(gate.address);
    await gate.connected(socket);
    await clock.advance(listenMillis - 1);
    expect(socket.bytesWritten).toBe(0);
    await clock.advance(1);
    expect(socket.bytesWritten).toBe(2);
  });

  it.each(ENDS)('that ends within a second, by %s, makes unknown what was written', async (_, end) => {
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const first = transport.send('a', NEVER);
    const socket = await gate.connected(sockets[0]!);
    await clock.advance(20);
    await clock.advance(998);
    const second = transport.send('b', NEVER);
    await clock.advance(1);
    end(socket);
    for (const outcome of await Promise.all([first, second])) {
      expect(outcome).toEqual({
        type: 'unknown',
        reason: expect.stringMatching(
          /^the (server closed the connection|connection broke) right after it was/,
        ),
      });
    }
    expect(sockets[0]!.destroyed).toBe(true);
    expect(clock.timers).toBe(0);
  });

  it('delivers after a second, and from then on at once', async () => {
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const outcomes: unknown[] = [];
    const send = () => void transport.send('a', NEVER).then((outcome) => outcomes.push(outcome));
    send();
    const socket = await gate.connected(sockets[0]!);
    await clock.advance(20);
    await clock.advance(500);
    send();
    await clock.advance(499);
    expect(outcomes).toEqual([]);
    await clock.advance(1);
    expect(outcomes).toEqual([DELIVERED, DELIVERED]);
    send();
    await settle();
    expect(outcomes).toHaveLength(3);
    // A later end only says that the next payload needs another connection.
    socket.end();
    await once(sockets[0]!, 'end');
    send();
    expect(sockets).toHaveLength(2);
  });

  it.each([
    ['before its first write', 1, 'not-accepted'],
    ['within a second', 2, 'unknown'],
  ])('that ended %s while the process was busy has ended all the same', async (_, timers, type) => {
    const gate = await startGate();
    const due: (() => void)[] = [];
    const clock: Clock = {
      now: () => 0,
      schedule(_millis, callback) {
        due.push(callback);
        return () => undefined;
      },
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      sleep: () => undefined,
    };
    const client = connect(gate.address);
    const transport = new StreamTransport({ connect: () => client, frame: withNewline, clock });
    const outcome = transport.send('a', NEVER);
    const socket = await gate.connected(client);
    if (timers === 2) {
      due[0]!();
      await settle();
    }
    // Both in one turn, as after a long one.
    socket.destroy();
    due[timers - 1]!();
    expect(await outcome).toMatchObject({ type });
  });

  it('is not written to when the time is up, and is there for what comes next', async () => {
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const cutOff = new AbortController();
    const first = transport.send('a', cutOff.signal);
    await gate.connected(sockets[0]!);
    await clock.advance(19);
    cutOff.abort();
    expect(await first).toMatchObject({ type: 'not-accepted' });
    await clock.advance(1);
    expect(sockets[0]!.bytesWritten).toBe(0);
    expect(await passing(clock, transport.send('b', NEVER))).toEqual(DELIVERED);
    expect([sockets.length, sockets[0]!.bytesWritten]).toEqual([1, 2]);
  });

  it.each(['the signal', 'close()'])('delivers what the kernel took when %s ends its second', async (by) => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    const cutOff = new AbortController();
    const outcome = transport.send('a', cutOff.signal);
    await server.connected(1);
    await clock.advance(20);
    if (by === 'the signal') cutOff.abort();
    else await transport.close();
    expect(await outcome).toEqual(DELIVERED);
    expect(await receive(server, 2)).toBe('a\n');
    expect(sockets[0]!.destroyed).toBe(by === 'close()');
    expect(clock.timers).toBe(by === 'close()' ? 0 : 1);
  });
});

describe('An exporter over a new connection', () => {
  it('loses nothing when it is shut down at once, with little time', async () => {
    const server = await listen();
    const { transport, clock } = transportTo({ ...tcp, port: server.port });
    const exporter = deliver(transport, { clock });
    const result = exportTo(exporter, many(10));
    const shutdown = exporter.shutdown({ timeoutMillis: 100 });
    await server.connected(1);
    await clock.advance(99);
    expect(exporter.stats()).toMatchObject({ exported: { points: 0 }, pending: { points: 10 } });
    await clock.advance(1);
    await shutdown;
    expect(await result).toEqual({ code: SUCCESS });
    expect(exporter.stats()).toMatchObject({ exported: { points: 10 }, dropped: { points: 0 } });
    expect((await receive(server, 50)).trim().split('\n')).toHaveLength(10);
    expect(clock.timers).toBe(0);
  });

  it('that ends after its first write has an outage: what was written is unknown, the rest is kept', async () => {
    const said = listenToDiag();
    cleanups.push(() => said.stop());
    const gate = await startGate();
    const { transport, sockets, clock } = transportTo(gate.address);
    const pacing = { payloadsAtOnce: 1, gapMillis: 0 };
    const exporter = deliver(transport, { clock, pacing, timeoutMillis: 20_000, route: { maxTexts: 2 } });
    const result = exportTo(exporter, many(10));
    await settle();
    const socket = await gate.connected(sockets[0]!);
    await clock.advance(20);
    socket.end();
    expect(await result).toMatchObject({ code: FAILED });
    expect(exporter.stats()).toMatchObject({
      exported: { points: 0 },
      pending: { points: 8 },
      droppedBy: { unknown: { points: 2 } },
    });
    expectIdentity(exporter.stats());
    expect(sockets).toHaveLength(1);
    // Its own next attempt, to a server that stays.
    await clock.advance(1000);
    await gate.connected(sockets[1]!, 2);
    await passing(clock, exporter.flush());
    expect(exporter.stats()).toMatchObject({ exported: { points: 8 }, pending: { points: 0 } });
    expect(said.warn).toEqual([
      expect.stringMatching(/can't deliver to .*right after it was opened/),
      expect.stringMatching(/delivering to .* again/),
    ]);
    await passing(clock, exporter.shutdown());
  });
});

describe('A StreamTransport within the turn', () => {
  it('writes after what waits for the first write of a new connection', async () => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    const first = transport.send('a', NEVER);
    expect(transport.sendSync('too early')).toEqual({
      type: 'not-accepted',
      reason: 'there is no connection yet',
    });
    await once(sockets[0]!, 'connect');
    expect(transport.sendSync('b')).toEqual(DELIVERED);
    expect(transport.sendSync('c')).toEqual(DELIVERED);
    expect(await receive(server, 6)).toBe('a\nb\nc\n');
    expect(await passing(clock, first)).toEqual(DELIVERED);
    expect(server.payloads.join('')).toBe('a\nb\nc\n');
  });

  it('accepts nothing without a connection, nor over one that is over', async () => {
    const gate = await startGate();
    const client = connect(gate.address);
    const transport = new StreamTransport({
      connect: () => client,
      frame: withNewline,
      clock: new FakeClock(),
    });
    expect(transport.sendSync('a')).toMatchObject({ type: 'not-accepted' });
    const outcome = transport.send('b', NEVER);
    (await gate.connected(client)).destroy();
    expect(await outcome).toMatchObject({ type: 'not-accepted' });
    expect(transport.sendSync('c')).toMatchObject({ type: 'not-accepted' });
  });

  it('settles what waits for a connection, and for the end of its trial', async () => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    transport.open();
    void transport.send('too early', NEVER);
    expect(transport.settleSync('too early')).toMatchObject({ type: 'not-accepted' });
    expect(transport.settleSync('too early')).toBeUndefined();
    await once(sockets[0]!, 'connect');
    const listening = transport.send('a', NEVER);
    expect(transport.settleSync('a')).toEqual(DELIVERED);
    const onTrial = transport.send('b', NEVER);
    expect(transport.settleSync('b')).toEqual(DELIVERED);
    expect(await receive(server, 4)).toBe('a\nb\n');
    expect(await passing(clock, Promise.all([listening, onTrial]))).toEqual([DELIVERED, DELIVERED]);
    expect(transport.settleSync('b')).toBeUndefined();
    expect([sockets.length, server.payloads.join('')]).toEqual([1, 'a\nb\n']);
  });

  it('has delivered what the kernel took, and does not know of what it took in part', async () => {
    const server = await listen();
    const { transport, sockets, clock } = transportTo({ ...tcp, port: server.port });
    expect(await passing(clock, transport.send('a', NEVER))).toEqual(DELIVERED);
    server.pause();
    const text = 'x'.repeat(1 << 20);
    const types: string[] = [];
    while (types.at(-1) !== 'not-accepted') types.push(transport.sendSync(text).type);
    expect(types.slice(-2)).toEqual(['unknown', 'not-accepted']);
    const delivered = types.length - 2;
    expect(new Set(types.slice(0, delivered))).toEqual(new Set(['delivered']));
    expect(sockets[0]!.writableLength).toBe(text.length + 1);
    server.resume();
    await receive(server, 2 + delivered * (text.length + 1));
  });
});
