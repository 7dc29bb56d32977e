import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { startUdpServer } from '@tallykit/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELIVERED } from '../src/index.ts';
import { UdpTransport } from '../src/udp-transport.ts';
import { FakeClock } from './fake-clock.ts';
import { deliver, exportTo, many } from './fake-server.ts';

const SLOW_NAME = 'slow.invalid';
vi.mock('node:dns/promises', async (importActual) => {
  const actual = await importActual<typeof import('node:dns/promises')>();
  const nothing = new Promise(() => undefined);
  const lookup = (...args: Parameters<typeof actual.lookup>) =>
    args[0] === SLOW_NAME ? nothing : actual.lookup(...args);
  return { ...actual, lookup };
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

  it('looks a name up again after a minute, with a new socket, and keeps that of an address', async () => {
    const server = createSocket('udp4');
    const ports: number[] = [];
    let arrived: () => void = () => undefined;
    server.on('message', (_, { port }) => {
      ports.push(port);
      arrived();
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push({ close: () => closed(server) });
    for (const [host, sockets] of [
      ['localhost', 2],
      ['127.0.0.1', 1],
    ] as const) {
      ports.length = 0;
      const clock = new FakeClock();
      const transport = transportTo(host, server.address().port, clock);
      await transport.send('a:1|c', NEVER);
      clock.millis = 60_000;
      await transport.send('a:1|c', NEVER);
      clock.millis = 60_001;
      await transport.send('a:1|c', NEVER);
      while (ports.length < 3) await new Promise<void>((resolve) => (arrived = resolve));
      expect(new Set(ports).size).toBe(sockets);
    }
  });

  it('can be closed before and after it was used', async () => {
    const transport = transportTo('127.0.0.1', 9);
    await transport.close();
    await expect(transport.close()).resolves.toBeUndefined();
  });
});
