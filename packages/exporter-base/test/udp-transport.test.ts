import { createSocket, type Socket } from 'node:dgram';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LookupAddress } from 'node:dns';
import { errorMonitor, once, type EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { startUdpServer } from '@tallykit/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELIVERED } from '../src/index.ts';
import { UdpTransport } from '../src/transports/udp-transport.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { deliver, exportTo, FAILED, many } from './fake-server.ts';
import { until } from '../../../test/until.ts';

/** What is known of names that don't exist. */
const names = vi.hoisted(() => new Map<string, () => Promise<LookupAddress[]>>());
vi.mock('node:dns/promises', async (importActual) => {
  const actual = await importActual<typeof import('node:dns/promises')>();
  const lookup = (...args: Parameters<typeof actual.lookup>) =>
    names.get(args[0])?.() ?? actual.lookup(...args);
  return { ...actual, lookup };
});

const NAME = 'statsd.invalid';
/** Nobody may connect to it. */
const BROADCAST = '255.255.255.255';

/** What a lookup of `NAME` finds from now on. */
function setAddresses(...addresses: string[]) {
  const lookup = vi.fn<() => Promise<LookupAddress[]>>(async () =>
    addresses.map((address) => ({ address, family: isIP(address) })),
  );
  names.set(NAME, lookup);
  return lookup;
}

function failLookups(code: string) {
  names.set(NAME, () => Promise.reject(Object.assign(new Error(`getaddrinfo ${code} ${NAME}`), { code })));
}

/** Lookups that nobody answers. */
function holdLookups() {
  const lookup = vi.fn<() => Promise<LookupAddress[]>>(() => new Promise(() => undefined));
  names.set(NAME, lookup);
  return lookup;
}

/** Doesn't let the event loop turn, so every refusal comes too late to be listened for. */
class HastyClock extends FakeClock {
  override turn(): Promise<void> {
    return Promise.resolve();
  }
}

/** Of what is never cut off. */
const NEVER = new AbortController().signal;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  names.clear();
  for (const one of opened.splice(0)) await one.close();
});

async function listen(host?: '::1') {
  const server = await startUdpServer({ ...(host && { host }) });
  opened.push(server);
  return server;
}

interface Opened {
  readonly socket: Socket;
  readonly failed: Promise<void>;
  isOpen: boolean;
}

/** The sockets that are opened from now on. */
function recordSockets(): Opened[] {
  const sockets: Opened[] = [];
  const record = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    const emitter: EventEmitter = socket;
    const failed = new Promise<void>((resolve) => {
      emitter.once(errorMonitor, () => resolve());
    });
    const one: Opened = { socket, failed, isOpen: true };
    socket.once('close', () => (one.isOpen = false));
    sockets.push(one);
  };
  subscribe('udp.socket', record);
  opened.push({ close: () => unsubscribe('udp.socket', record) });
  return sockets;
}

/** Whether each is open, once those are closed that were told to. */
async function openOf(sockets: readonly Opened[]): Promise<boolean[]> {
  await settle();
  return sockets.map(({ isOpen }) => isOpen);
}

/** A server that says from which ports datagrams came. */
async function listenToPorts() {
  const server = createSocket('udp4');
  const ports: number[] = [];
  let arrived: () => void = () => undefined;
  server.on('message', (_, { port }) => {
    ports.push(port);
    arrived();
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  });
  const receive = async (count: number): Promise<number[]> => {
    while (ports.length < count) await new Promise<void>((resolve) => (arrived = resolve));
    return ports.splice(0);
  };
  return { port: server.address().port, receive };
}

/** In one turn. */
function sendSlice(transport: UdpTransport, count: number) {
  return Promise.all(Array.from({ length: count }, (_, index) => transport.send(`a:${index}|c`, NEVER)));
}

function transportTo(host: string, port: number, clock?: FakeClock) {
  const transport = new UdpTransport({ host, port, ...(clock && { clock }) });
  opened.push(transport);
  return transport;
}

describe('UdpTransport', () => {
  it.each([
    ['127.0.0.1', undefined],
    ['localhost', undefined],
    ['::1', '::1'],
  ] as const)('sends UTF-8 datagrams to %s', async (host, listensAt) => {
    const server = await listen(listensAt);
    const transport = transportTo(host, server.port);
    expect(await transport.send('grüße:1|c', NEVER)).toEqual(DELIVERED);
    expect(await transport.send('b:2|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(2)).toEqual(['grüße:1|c', 'b:2|c']);
  });

  it('hears that nobody listens, for every datagram of a slice, and that somebody does again', async () => {
    const server = await listen();
    await server.close();
    const transport = transportTo('127.0.0.1', server.port);
    expect(await transport.send('a:1|c', NEVER)).toMatchObject({ type: 'not-accepted' });
    const outcomes = await sendSlice(transport, 32);
    expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(['not-accepted']));
    expect(outcomes[0]).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });

    await server.restart();
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['b:1|c']);
  });

  it('hears that a server is gone from the first datagram that it does not get', async () => {
    const server = await listen();
    const transport = transportTo('127.0.0.1', server.port);
    for (const text of ['a:1|c', 'b:1|c']) expect(await transport.send(text, NEVER)).toEqual(DELIVERED);
    await server.close();
    expect(await transport.send('c:1|c', NEVER)).toMatchObject({ type: 'not-accepted' });
  });

  it('does not accept datagrams for a name that does not exist, and does not throw', async () => {
    const outcome = await transportTo('no-such-host.invalid', 8125).send('a:1|c', NEVER);
    expect(outcome).toMatchObject({
      type: 'not-accepted',
      reason: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
    });
  });

  it('has not sent what waits for a name that is not found in time, which is kept', async () => {
    const clock = new FakeClock();
    holdLookups();
    const exporter = deliver(transportTo(NAME, 8125), { clock, route: { maxPayloadBytes: 10 } });
    const exported = exportTo(exporter, many(40));
    await clock.advance(1000);
    expect((await exported).error?.message).toBe(
      'TestExporter: the name statsd.invalid was not found in time',
    );
    expect(exporter.stats()).toMatchObject({ pending: { points: 40 }, dropped: { points: 0 } });
  });

  it('says of what is too long for any datagram that it is, and which option to change', async () => {
    const server = await listen();
    const transport = transportTo('127.0.0.1', server.port);
    expect(await transport.send('x'.repeat(70_000), NEVER)).toEqual({
      type: 'too-large',
      reason: expect.stringMatching(/EMSGSIZE.*`maxPayloadBytes`/),
    });
    expect(await transport.send('a:1|c', NEVER)).toEqual(DELIVERED);
  });

  it('does not accept what it cannot connect for, and leaves no socket behind', async () => {
    const transport = transportTo(BROADCAST, 8125);
    const sockets = recordSockets();
    const outcomes = await sendSlice(transport, 32);
    expect(new Set(outcomes.map(({ type }) => type))).toEqual(new Set(['not-accepted']));
    expect(outcomes[0]).toMatchObject({ reason: expect.stringMatching(/^connect E[A-Z]+ 255/) });
    expect(await openOf(sockets)).toEqual([false]);
    expect(await transport.send('b:1|c', NEVER)).toMatchObject({ type: 'not-accepted' });
    expect(await openOf(sockets)).toEqual([false, false]);
  });

  it('keeps what it cannot connect for, and delivers it to the next address of the name', async () => {
    const server = await listen();
    setAddresses(BROADCAST, server.host);
    const clock = new FakeClock();
    const exporter = deliver(transportTo(NAME, server.port, clock), { clock });
    expect(await exportTo(exporter, many(3))).toMatchObject({ code: FAILED });
    expect(exporter.stats()).toMatchObject({ pending: { points: 3 }, dropped: { points: 0 } });
    await clock.advance(1000);
    expect((await server.receive(1)).join('\n').split('\n')).toHaveLength(3);
    await settle();
    expect(exporter.stats()).toMatchObject({ exported: { points: 3 } });
  });

  it('takes the next address of a name when one refuses', async () => {
    const server = await listen('::1');
    setAddresses('127.0.0.1', '::1');
    const transport = transportTo(NAME, server.port);
    expect(await transport.send('a:1|c', NEVER)).toMatchObject({ type: 'not-accepted' });
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['b:1|c']);
  });

  it('connects without waiting for anything', async () => {
    const server = await listen();
    const sockets = recordSockets();
    const sent = transportTo(server.host, server.port).send('a:1|c', NEVER);
    // Promises that are settled already, but no callback of Node.
    for (let step = 0; step < 5; step += 1) await Promise.resolve();
    expect(sockets[0]?.socket.remoteAddress().port).toBe(server.port);
    expect(await sent).toEqual(DELIVERED);
  });

  it.each([
    ['an address', '127.0.0.1', 0],
    ['a name, which is looked up again', NAME, 2],
  ])('renews a socket that is older than ten seconds, once for a slice: to %s', async (_, host, lookups) => {
    const server = await listenToPorts();
    const lookup = setAddresses('127.0.0.1');
    const clock = new FakeClock();
    const transport = transportTo(host, server.port, clock);
    await sendSlice(transport, 32);
    clock.millis = 10_000;
    await sendSlice(transport, 32);
    const before = new Set(await server.receive(64));
    clock.millis = 10_001;
    await sendSlice(transport, 32);
    const after = new Set(await server.receive(32));
    expect([before.size, after.size, new Set([...before, ...after]).size]).toEqual([1, 1, 2]);
    expect(lookup).toHaveBeenCalledTimes(lookups);
  });

  it('keeps one old socket open until the next renewal, and closes all', async () => {
    const server = await listen();
    const clock = new FakeClock();
    const transport = transportTo(server.host, server.port, clock);
    const sockets = recordSockets();
    const open: boolean[][] = [];
    for (const millis of [0, 10_001, 20_002]) {
      clock.millis = millis;
      await transport.send('a:1|c', NEVER);
      open.push(await openOf(sockets));
    }
    expect(open).toEqual([[true], [true, true], [false, true, true]]);
    await transport.close();
    expect(await openOf(sockets)).toEqual([false, false, false]);
  });

  it('listens longer after a refusal that came too late', async () => {
    const server = await listen();
    await server.close();
    const clock = new HastyClock();
    const transport = transportTo(server.host, server.port, clock);
    const sockets = recordSockets();
    expect(await transport.send('a:1|c', NEVER)).toEqual(DELIVERED);
    await sockets[0]!.failed;
    const second = transport.send('a:1|c', NEVER);
    await settle();
    expect(clock.due).toEqual([20]);
    await sockets[1]!.failed;
    await clock.advance(20);
    expect(await second).toMatchObject({
      type: 'not-accepted',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('hears late refusals at the old socket, too', async () => {
    const server = await listen('::1');
    const clock = new HastyClock();
    const transport = transportTo(NAME, server.port, clock);
    const sockets = recordSockets();
    setAddresses('127.0.0.1');
    expect(await transport.send('a:1|c', NEVER)).toEqual(DELIVERED);
    setAddresses('::1', BROADCAST);
    clock.millis = 10_001;
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    await sockets[0]!.failed;
    expect(await openOf(sockets)).toEqual([false, true]);
    const third = transport.send('c:1|c', NEVER);
    await settle();
    expect(clock.due).toEqual([10_021]);
    await clock.advance(20);
    expect(await third).toEqual(DELIVERED);
    // Nothing is said against the address that is used now.
    clock.millis = 30_000;
    expect(await transport.send('d:1|c', NEVER)).toEqual(DELIVERED);
    expect(sockets.map(({ socket, isOpen }) => isOpen && socket.remoteAddress().address)).toEqual([
      false,
      '::1',
      '::1',
    ]);
    expect(await server.receive(3)).toEqual(['b:1|c', 'c:1|c', 'd:1|c']);
  });

  it('goes on listening longer when a refusal comes while something else is sent', async () => {
    const server = await listen('::1');
    const clock = new FakeClock();
    const transport = transportTo(NAME, server.port, clock);
    const sockets = recordSockets();
    let turn: () => void = () => undefined;
    clock.turn = () => Promise.resolve();
    setAddresses('127.0.0.1');
    await transport.send('a:1|c', NEVER);
    setAddresses('::1');
    clock.millis = 10_001;
    clock.turn = () => new Promise((resolve) => (turn = resolve));
    const second = transport.send('b:1|c', NEVER);
    await sockets[0]!.failed;
    clock.turn = () => Promise.resolve();
    turn();
    expect(await second).toEqual(DELIVERED);
    const third = transport.send('c:1|c', NEVER);
    await settle();
    expect(clock.due).toEqual([10_021]);
    await clock.advance(20);
    expect(await third).toEqual(DELIVERED);
  });

  it('stays with a socket that works when a new one cannot be connected, and tries again after a second', async () => {
    const server = await listenToPorts();
    const clock = new FakeClock();
    const transport = transportTo(NAME, server.port, clock);
    setAddresses('127.0.0.1');
    await transport.send('a:1|c', NEVER);
    const lookup = setAddresses(BROADCAST);
    for (const millis of [10_001, 11_001]) {
      clock.millis = millis;
      expect(new Set(await sendSlice(transport, 32))).toEqual(new Set([DELIVERED]));
    }
    expect(lookup).toHaveBeenCalledTimes(1);
    const before = new Set(await server.receive(65));
    setAddresses('127.0.0.1');
    clock.millis = 11_002;
    await transport.send('b:1|c', NEVER);
    const after = new Set(await server.receive(1));
    expect([before.size, new Set([...before, ...after]).size]).toEqual([1, 2]);
  });

  it('uses the address that it knows while lookups fail or are not answered', async () => {
    const server = await listenToPorts();
    const clock = new FakeClock();
    const transport = transportTo(NAME, server.port, clock);
    setAddresses('127.0.0.1');
    await transport.send('a:1|c', NEVER);
    failLookups('EAI_AGAIN');
    clock.millis = 10_001;
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    const lookup = holdLookups();
    for (const millis of [20_002, 31_003]) {
      clock.millis = millis;
      const sent = transport.send('c:1|c', NEVER);
      await clock.advance(1000);
      expect(await sent).toEqual(DELIVERED);
    }
    // The one that is under way is still waited for.
    expect(lookup).toHaveBeenCalledTimes(1);
    expect(new Set(await server.receive(4)).size).toBe(4);
    expect(clock.timers).toBe(0);
  });

  it('does not accept anything for a name that has no address any more', async () => {
    const server = await listen();
    const clock = new FakeClock();
    const transport = transportTo(NAME, server.port, clock);
    setAddresses(server.host);
    await transport.send('a:1|c', NEVER);
    failLookups('ENOTFOUND');
    clock.millis = 10_001;
    expect(await transport.send('b:1|c', NEVER)).toEqual({
      type: 'not-accepted',
      reason: 'getaddrinfo ENOTFOUND statsd.invalid',
    });
    setAddresses(server.host);
    expect(await transport.send('c:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(2)).toEqual(['a:1|c', 'c:1|c']);
    expect(clock.timers).toBe(0);
  });

  it('can be closed before and after it was used', async () => {
    const transport = transportTo('127.0.0.1', 9);
    await transport.close();
    await expect(transport.close()).resolves.toBeUndefined();
  });
});

describe('UdpTransport within the turn', () => {
  it.each(['127.0.0.1', '::1'] as const)('connects to %s and sends', async (host) => {
    const server = await listen(host === '::1' ? host : undefined);
    const transport = transportTo(host, server.port);
    const sockets = recordSockets();
    const outcomes = ['grüße:1|c', 'b:2|c'].map((text) => transport.sendSync(text));
    expect(outcomes).toEqual([DELIVERED, DELIVERED]);
    expect(await server.receive(2)).toEqual(['grüße:1|c', 'b:2|c']);
    expect(await transport.send('c:3|c', NEVER)).toEqual(DELIVERED);
    expect(sockets).toHaveLength(1);
  });

  it('uses the socket that is open, however old it is', async () => {
    const server = await listenToPorts();
    const clock = new FakeClock();
    const transport = transportTo('127.0.0.1', server.port, clock);
    await transport.send('a:1|c', NEVER);
    clock.millis += 60_000;
    expect(transport.sendSync('b:1|c')).toEqual(DELIVERED);
    const [first, second] = await server.receive(2);
    expect(second).toBe(first);
  });

  it('accepts nothing for a name before its first lookup, and sends to the last address afterwards', async () => {
    const server = await listen();
    setAddresses('127.0.0.1');
    const transport = transportTo(NAME, server.port);
    expect(transport.sendSync('a:1|c')).toEqual({
      type: 'not-accepted',
      reason: 'no address of the name statsd.invalid is known',
    });
    await transport.send('b:1|c', NEVER);
    holdLookups();
    expect(transport.sendSync('c:1|c')).toEqual(DELIVERED);
    expect(await server.receive(2)).toEqual(['b:1|c', 'c:1|c']);
  });

  it('accepts nothing when it cannot connect, leaves no socket behind, and takes the next address then', async () => {
    const server = await listen();
    setAddresses('127.0.0.1', BROADCAST, '127.0.0.1');
    const transport = transportTo(NAME, server.port);
    await transport.send('a:1|c', NEVER);
    await server.close();
    expect(await transport.send('b:1|c', NEVER)).toMatchObject({ type: 'not-accepted' });
    const sockets = recordSockets();
    expect(transport.sendSync('c:1|c')).toEqual({
      type: 'not-accepted',
      reason: "a socket can't be connected to 255.255.255.255",
    });
    expect(await openOf(sockets)).toEqual([false]);
    await server.restart();
    server.take();
    expect(transport.sendSync('d:1|c')).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['d:1|c']);
  });

  it('sends what waits for a socket, once, and knows what the kernel has', async () => {
    const server = await listen();
    const transport = transportTo('127.0.0.1', server.port);
    const sending = transport.send('a:1|c', NEVER);
    expect(transport.settleSync('a:1|c')).toEqual(DELIVERED);
    expect(transport.settleSync('a:1|c')).toBeUndefined();
    await sending;
    const second = transport.send('b:1|c', NEVER);
    expect(transport.settleSync('b:1|c')).toEqual(DELIVERED);
    await second;
    expect(transport.settleSync('b:1|c')).toBeUndefined();
    expect(await server.receive(2)).toEqual(['a:1|c', 'b:1|c']);
    expect(server.payloads).toHaveLength(2);
  });

  it('accepts nothing of what waits for a name, and never sends it later', async () => {
    const server = await listen();
    let answer: (addresses: LookupAddress[]) => void = () => undefined;
    names.set(NAME, () => new Promise((resolve) => (answer = resolve)));
    const transport = transportTo(NAME, server.port);
    const sending = transport.send('a:1|c', NEVER);
    expect(transport.settleSync('a:1|c')).toMatchObject({ type: 'not-accepted' });
    answer([{ address: '127.0.0.1', family: 4 }]);
    await sending;
    await transport.send('b:1|c', NEVER);
    expect(await server.receive(1)).toEqual(['b:1|c']);
  });

  it('has a socket, and the address of a name, when it was opened ahead', async () => {
    const server = await listen();
    setAddresses('127.0.0.1');
    const transport = transportTo(NAME, server.port);
    const sockets = recordSockets();
    transport.open();
    await until(() => expect(transport.sendSync('a:1|c')).toEqual(DELIVERED));
    transport.open();
    expect(sockets).toHaveLength(1);
    expect(await server.receive(1)).toEqual(['a:1|c']);
  });

  it('gives up a socket that turns out to be refused, if the process lives on', async () => {
    const server = await listen();
    await server.close();
    const transport = transportTo('127.0.0.1', server.port);
    const sockets = recordSockets();
    // That nobody listens is told in a later turn.
    expect(transport.sendSync('a:1|c')).toEqual(DELIVERED);
    transport.sendSync('b:1|c');
    expect(await openOf(sockets)).toEqual([false]);
    await server.restart();
    expect(transport.sendSync('b:1|c')).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['b:1|c']);
  });
});
