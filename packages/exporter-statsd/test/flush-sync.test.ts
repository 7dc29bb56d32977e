import {
  parseStatsdPayload,
  startTcpServer,
  startUdpServer,
  startUnixgramServer,
  type FakeServer,
} from '@tallykit/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { EXIT, runToExit, type ExitProgram } from '../../exporter-base/test/exit-program.ts';
import { expectIdentity } from '../../exporter-base/test/fake-server.ts';
import type { StatsdMetricExporterOptions } from '../src/index.ts';
import { missing, unixDgram } from './unix-dgram.ts';

async function open<Server extends FakeServer>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  onTestFinished(() => server.close());
  return server;
}

/** A program with an exporter. */
function program(
  options: StatsdMetricExporterOptions,
  { statements = EXIT, last = 'counters(1)' }: Pick<ExitProgram, 'statements' | 'last'> = {},
): ExitProgram {
  return {
    directory: new URL('..', import.meta.url),
    setUp: `
      import { StatsdMetricExporter } from './src/index.ts';
      const exporter = new StatsdMetricExporter(${JSON.stringify(options)});`,
    statements,
    last,
  };
}

/** The counters that arrived, once there are so many lines. A line that arrived twice makes its counter too large. */
async function countersOf(server: FakeServer, lines: number): Promise<Record<string, number>> {
  const counters: Record<string, number> = {};
  const payloads = await server.until((all) => all.join('\n').split('\n').length >= lines);
  for (const payload of payloads) {
    for (const { name, value } of parseStatsdPayload(payload, 'dogstatsd')) {
      counters[name] = (counters[name] ?? 0) + value;
    }
  }
  return counters;
}

const ones = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));

it.each([
  ['process.exit()', EXIT, 0],
  ['an uncaught error', "throw new Error('the end');", 1],
  ['nothing left to do', '', 0],
])(
  'sends everything from a program that ends with %s before its first export, over UDP',
  async (_, statements, code) => {
    const server = await open(startUdpServer());
    // So small that a default receive buffer holds all of them.
    const options = { port: server.port, maxPayloadBytes: 64 };
    const words = await runToExit(program(options, { statements, last: 'counters(300)' }));
    expect(words).toMatchObject({ code, report: { exported: 300, pending: 0, dropped: 0, errors: [] } });
    expectIdentity(words.stats);
    expect(await countersOf(server, 300)).toEqual(ones(300));
  },
);

it('sends over the UDP socket that is open, also what was left of an export', async () => {
  const server = await open(startUdpServer());
  const statements = `
    await exported(counters(1));
    void exported(counters(300));
    // The first slice is on its way, and the second one has to wait.
    await new Promise((resolve) => setImmediate(resolve));
    ${EXIT}`;
  const options = { port: server.port, maxPayloadBytes: 64 };
  const { report, stats } = await runToExit(program(options, { statements }));
  expect(report).toMatchObject({ exported: 302, pending: 0 });
  expectIdentity(stats);
  const counters = await countersOf(server, 302);
  expect(counters).toEqual({ ...ones(300), n0: 3 });
});

it('sends to the last address of a host name, and keeps what is for a name that was never looked up', async () => {
  const server = await open(startUdpServer());
  const options = { host: 'localhost', port: server.port };
  const cold = await runToExit(program(options));
  expect(cold.report).toEqual({
    exported: 0,
    pending: 1,
    dropped: 0,
    errors: ['Error: StatsdMetricExporter: no address of the name localhost is known'],
  });
  expectIdentity(cold.stats);
  const statements = `await exported(counters(1)); ${EXIT}`;
  const warm = await runToExit(program(options, { statements, last: 'counters(1, 5)' }));
  expect(warm.report).toMatchObject({ exported: 2, pending: 0 });
  expectIdentity(warm.stats);
  expect(await countersOf(server, 2)).toEqual({ n0: 6 });
});

it.each([
  ['UDP', startUdpServer, { host: 'localhost' }],
  ['TCP', startTcpServer, { protocol: 'tcp' }],
] as const)('sends what is on its way when the process ends: %s', async (_, startServer, options) => {
  const server = await open<FakeServer & { readonly port: number }>(startServer());
  // The export waits for a socket, or for the end of the time in which a new connection is listened to.
  const statements = `
    exporter.open();
    await new Promise((resolve) => setTimeout(resolve, 100));
    void exported(counters(1));
    await new Promise((resolve) => setImmediate(resolve));
    ${EXIT}`;
  const { report, stats } = await runToExit(program({ ...options, port: server.port }, { statements }));
  expect(report).toMatchObject({ exported: 2, pending: 0, dropped: 0 });
  expectIdentity(stats);
  expect(await countersOf(server, 2)).toEqual({ n0: 2 });
});

it('keeps what is for an address that no socket can be connected to', async () => {
  const { report, stats } = await runToExit(program({ host: '255.255.255.255', port: 9 }));
  expect(report).toMatchObject({ exported: 0, pending: 1, dropped: 0 });
  expectIdentity(stats);
});

it('sends over a TCP connection that is on trial, and keeps what has no connection', async () => {
  const server = await open(startTcpServer());
  const options = { protocol: 'tcp', port: server.port } as const;
  const cold = await runToExit(program(options));
  expect(cold.report).toMatchObject({ exported: 0, pending: 1, dropped: 0 });
  expectIdentity(cold.stats);
  const statements = `void exported(counters(1)); await told; ${EXIT}`;
  const last = 'counters(300, 5)';
  const warm = await runToExit(program(options, { statements, last }), server.receive(1));
  // What was written counts, although the trial is not over.
  expect(warm.report).toMatchObject({ exported: 301, pending: 0, dropped: 0 });
  expectIdentity(warm.stats);
  const expected = Object.fromEntries(Object.keys(ones(300)).map((name) => [name, 5]));
  expect(await countersOf(server, 301)).toEqual({ ...expected, n0: 6 });
});

it('counts nothing as exported that the kernel did not take from a TCP connection', async () => {
  const server = await open(startTcpServer());
  const statements = `void exported(counters(1)); await told; ${EXIT}`;
  // 300 lines of 60,000 bytes: more than the buffers of both kernels hold.
  const last = "counters(300, 1, { text: 'x'.repeat(60_000) })";
  const options = { protocol: 'tcp', port: server.port, maxPayloadBytes: 65_000 } as const;
  const reading = server.receive(1).then(() => server.pause());
  const { report, stats } = await runToExit(program(options, { statements, last }), reading);
  expect(report.pending).toBeGreaterThan(1);
  // The line that was taken in part.
  expect(report.dropped).toBe(1);
  expectIdentity(stats);
  server.resume();
  const lines = report.exported;
  const arrived = await server.until((all) => all.join('\n').split('\n').length >= lines);
  expect(arrived.join('\n').split('\n').length).toBe(lines);
});

it.skipIf(missing)(`sends to a unix datagram socket before its first export${missing}`, async () => {
  const server = await open(startUnixgramServer({ unixDgram }));
  const options = { protocol: 'unixgram', path: server.path } as const;
  const { report, stats } = await runToExit(program(options, { last: 'counters(300)' }));
  expect(report).toMatchObject({ exported: 300, pending: 0, dropped: 0 });
  expectIdentity(stats);
  expect(await countersOf(server, 300)).toEqual(ones(300));
});

it('hands everything to a given client, and counts as lost what that says nothing about', async () => {
  const server = await open(startUdpServer());
  const setUp = `
    import { StatsD } from 'hot-shots';
    import { StatsdMetricExporter } from './src/index.ts';
    const client = new StatsD({ host: '127.0.0.1', port: ${server.port} });
    const exporter = new StatsdMetricExporter({ client, maxPayloadBytes: 64 });`;
  const { report, stats } = await runToExit({ ...program({}, { last: 'counters(100)' }), setUp });
  expect(report).toMatchObject({ exported: 0, pending: 0, dropped: 100 });
  expect(stats.droppedBy).toEqual({ unknown: { points: 100, amount: 100 } });
  expectIdentity(stats);
  expect(await countersOf(server, 100)).toEqual(ones(100));
});
