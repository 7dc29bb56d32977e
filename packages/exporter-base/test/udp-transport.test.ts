import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { startUdpServer } from '@tallykit/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELIVERED } from '../src/index.ts';
import { UdpTransport } from '../src/udp-transport.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { deliver, exportTo, many } from './fake-server.ts';

/** Every socket that was made, in its order. */
const sockets = vi.hoisted(() => [] as Socket[]);
vi.mock('node:dgram', async (importActual) => {
  const actual = await importActual<typeof import('node:dgram')>();
  const make = (...args: Parameters<typeof actual.createSocket>) => {
    const socket = actual.createSocket(...args);
    sockets.push(socket);
    return socket;
  };
  return { ...actual, createSocket: make };
});

const SLOW_NAME = 'slow.invalid';
const TWO_ADDRESSES = 'two.invalid';
/** What names are found, besides real ones. */
const found = vi.hoisted(() => new Map<string, { address: string; family: number }[]>());
vi.mock('node:dns/promises', async (importActual) => {
  const actual = await importActual<typeof import('node:dns/promises')>();
  const nothing = new Promise(() => undefined);
  const lookup = (...args: Parameters<typeof actual.lookup>) =>
    args[0] === SLOW_NAME ? nothing : (found.get(args[0]) ?? actual.lookup(...args));
  return { ...actual, lookup: async (...args: Parameters<typeof actual.lookup>) => lookup(...args) };
});

/** Of what is never cut off. */
const NEVER = new AbortController().signal;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function listen(host?: '::1') {
  const server = await startUdpServer({ ...(host && { host }) });
  opened.push(server);
  return server;
}

/** A server that remembers from which ports datagrams came. */
async function portsOfSenders() {
  const server = createSocket('udp4');
  const ports: number[] = [];
  server.on('message', (_, { port }) => ports.push(port));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ close: () => closed(server) });
  const arrived = async (count: number) => {
    while (ports.length < count) await once(server, 'message');
  };
  return { ports, port: server.address().port, arrived };
}

function isClosed(socket: Socket): boolean {
  try {
    socket.address();
    return false;
  } catch {
    return true;
  }
}

async function closed(socket: Socket) {
  socket.close();
  await once(socket, 'close');
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
    const outcomes = await Promise.all(
      Array.from({ length: 32 }, (_, index) => transport.send(`a:${index}|c`, NEVER)),
    );
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
    const exporter = deliver(transportTo(SLOW_NAME, 8125), { clock, lane: { maxPayloadBytes: 10 } });
    const exported = exportTo(exporter, many(40));
    await clock.advance(1000);
    expect((await exported).error?.message).toBe('TestExporter: the name slow.invalid was not found in time');
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

  it.each(['localhost', '127.0.0.1'])('takes a new socket for %s every ten seconds', async (host) => {
    const { ports, port, arrived } = await portsOfSenders();
    const clock = new FakeClock();
    const transport = transportTo(host, port, clock);
    for (const millis of [0, 9999, 10_000, 19_999, 20_000]) {
      clock.millis = millis;
      expect(await transport.send('a:1|c', NEVER)).toEqual(DELIVERED);
    }
    await arrived(5);
    const [first, second, third, fourth, fifth] = ports;
    expect([second, fourth]).toEqual([first, third]);
    expect(new Set([first, third, fifth]).size).toBe(3);
  });

  it('takes one new socket for all datagrams of a slice', async () => {
    const { ports, port, arrived } = await portsOfSenders();
    const clock = new FakeClock();
    const transport = transportTo('127.0.0.1', port, clock);
    await transport.send('a:1|c', NEVER);
    clock.millis = 10_000;
    await Promise.all(Array.from({ length: 32 }, () => transport.send('a:1|c', NEVER)));
    await arrived(33);
    expect(new Set(ports).size).toBe(2);
  });

  it('does not accept what no socket can be connected for, and sends when one can be', async () => {
    const server = await listen();
    // Only a socket that may broadcast can be connected to that address: the kernel says so at once, as it does without a route.
    const addresses = [{ address: '255.255.255.255', family: 4 }];
    found.set(TWO_ADDRESSES, addresses);
    const transport = transportTo(TWO_ADDRESSES, server.port);
    for (let time = 0; time < 2; time += 1) {
      const outcomes = await Promise.all([transport.send('a:1|c', NEVER), transport.send('b:1|c', NEVER)]);
      expect(outcomes).toEqual(
        outcomes.map(() => ({ type: 'not-accepted', reason: expect.stringContaining('EACCES') })),
      );
    }
    addresses[0] = { address: '127.0.0.1', family: 4 };
    expect(await transport.send('c:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['c:1|c']);
  });

  it('takes the next address of a name when none can be connected to the first', async () => {
    const server = await listen();
    found.set(TWO_ADDRESSES, [
      { address: '255.255.255.255', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const transport = transportTo(TWO_ADDRESSES, server.port);
    expect(await transport.send('a:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['a:1|c']);
  });

  it('takes the next address of a name when the first one refuses', async () => {
    const server = await listen();
    found.set(TWO_ADDRESSES, [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const transport = transportTo(TWO_ADDRESSES, server.port);
    expect(await transport.send('a:1|c', NEVER)).toMatchObject({
      type: 'not-accepted',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(1)).toEqual(['b:1|c']);
  });

  it('keeps its socket, and the last address of a name, while it can not be renewed', async () => {
    const server = await listen();
    found.set(TWO_ADDRESSES, [{ address: '127.0.0.1', family: 4 }]);
    const clock = new FakeClock();
    const transport = transportTo(TWO_ADDRESSES, server.port, clock);
    await transport.send('a:1|c', NEVER);
    // No socket can be made any more.
    found.set(TWO_ADDRESSES, [{ address: '255.255.255.255', family: 4 }]);
    clock.millis = 10_000;
    expect(await transport.send('b:1|c', NEVER)).toEqual(DELIVERED);
    // The name isn't known any more.
    found.set(TWO_ADDRESSES, [{ address: '127.0.0.1', family: 4 }]);
    clock.millis = 20_000;
    await transport.send('c:1|c', NEVER);
    found.delete(TWO_ADDRESSES);
    clock.millis = 30_000;
    expect(await transport.send('d:1|c', NEVER)).toEqual(DELIVERED);
    expect(await server.receive(4)).toEqual(['a:1|c', 'b:1|c', 'c:1|c', 'd:1|c']);
  });

  it.each([
    ['its socket', false],
    ['the one before', true],
  ])('listens longer after a refusal came late to %s', async (_, isRenewed) => {
    const server = await listen();
    const clock = new FakeClock();
    const transport = transportTo('127.0.0.1', server.port, clock);
    sockets.length = 0;
    await transport.send('a:1|c', NEVER);
    if (isRenewed) {
      clock.millis = 10_000;
      await transport.send('b:1|c', NEVER);
    }
    // From a network, it comes when nothing is being sent any more; loopback is too quick for that.
    sockets[0]!.emit('error', new Error('recvmsg ECONNREFUSED'));
    const sent = transport.send('c:1|c', NEVER);
    await settle();
    // Two turns of the event loop are over.
    expect(clock.timers).toBe(1);
    await clock.advance(20);
    expect(await sent).toEqual(DELIVERED);
    // Nothing is wrong, so there is no more waiting.
    expect(await transport.send('d:1|c', NEVER)).toEqual(DELIVERED);
    expect(clock.timers).toBe(0);
  });

  it('closes the socket before with the next renewal, and both at the end', async () => {
    const server = await listen();
    const clock = new FakeClock();
    const transport = transportTo('127.0.0.1', server.port, clock);
    sockets.length = 0;
    const closedSockets = () => sockets.map((socket) => isClosed(socket));
    for (const millis of [0, 10_000, 20_000]) {
      clock.millis = millis;
      await transport.send('a:1|c', NEVER);
    }
    expect(closedSockets()).toEqual([true, false, false]);
    await transport.close();
    expect(closedSockets()).toEqual([true, true, true]);
  });

  it('can be closed before and after it was used', async () => {
    const transport = transportTo('127.0.0.1', 9);
    await transport.close();
    await expect(transport.close()).resolves.toBeUndefined();
  });
});
