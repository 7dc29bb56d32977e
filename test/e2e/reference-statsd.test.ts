import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { parseSeriesName, startReferenceStatsd } from '../servers/reference-statsd.ts';

const LINES = [
  'orders:3|c|#plan:pro,region:eu',
  'orders:4|c|#plan:pro,region:eu',
  'plain:1|c',
  'depth:0|g',
  'depth:-7.5|g',
  'endless:Infinity|g',
  'query:10|ms|@0.5',
  'query:30|ms',
  'users:ann|s',
  'users:bob|s',
  'nonsense:x|c',
];

test.for(['udp', 'tcp'] as const)(
  'the reference server over %s reads back what plain sockets sent',
  async (protocol) => {
    await using server = await startReferenceStatsd({ protocol, percentThreshold: [50, 99.9] });
    await (protocol === 'udp' ? sendUdp(server.port) : sendTcp(server.port));

    const orders = 'orders;plan=pro;region=eu';
    await expect(server.counters()).resolves.toEqual(
      new Map([
        [orders, 7],
        ['plain', 1],
      ]),
    );
    expect(await server.gauges()).toEqual(
      new Map([
        ['depth', -7.5],
        ['endless', Number.POSITIVE_INFINITY],
      ]),
    );
    expect(await server.timers()).toEqual(new Map([['query', [10, 30]]]));
    expect(await server.received()).toMatchObject({ lines: LINES.length, badLines: 1 });
    expect(server.output).toContain('Bad line: x,c');
    expect(parseSeriesName(orders)).toEqual({ name: 'orders', tags: { plan: 'pro', region: 'eu' } });

    const flush = await server.flush();
    expect(flush.counters.get(orders)).toBe(7);
    expect(flush.sets.get('users')).toEqual(['ann', 'bob']);
    expect(flush.timers.get('query')).toEqual({
      count: 3,
      mean: 20,
      sum: 40,
      lower: 10,
      upper: 30,
      percentiles: new Map([
        [50, 10],
        [99.9, 30],
      ]),
      samples: [10, 30],
    });

    const next = await server.flush();
    expect(next.counters.size + next.timers.size).toBe(0);
  },
);

test('10,000 series and timers of 1,000 samples come whole from the admin port', async () => {
  await using server = await startReferenceStatsd({ protocol: 'tcp' });
  const socket = connect(server.port, server.host);
  for (let index = 0; index < 10_000; index += 1) socket.write(`c${index}:${index}|c|#k:${index}\n`);
  for (let index = 0; index < 1_000; index += 1) socket.write(`t:${index}|ms\n`);
  socket.end();
  await once(socket, 'close');

  const counters = await server.counters();
  expect(counters.size).toBe(10_000);
  expect(counters.get('c9999;k=9999')).toBe(9_999);
  expect((await server.timers()).get('t')).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
});

async function sendUdp(port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  await new Promise((resolve) => socket.send(LINES.join('\n'), resolve));
  socket.close();
}

async function sendTcp(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${LINES.join('\n')}\n`);
  await once(socket.resume(), 'close');
}
