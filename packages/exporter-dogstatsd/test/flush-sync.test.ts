import {
  parseDogStatsdPayload,
  startUnixgramServer,
  startUnixStreamServer,
  startUdpServer,
  type FakeServer,
} from '@tallykit/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { EXIT, runToExit, type ExitProgram } from '../../exporter-base/test/exit-program.ts';
import { expectIdentity } from '../../exporter-base/test/fake-server.ts';
import { missing, unixDgram } from '../../exporter-statsd/test/unix-dgram.ts';
import type { DogStatsdMetricExporterOptions } from '../src/index.ts';

async function open<Server extends FakeServer>(starting: Promise<Server>): Promise<Server> {
  const server = await starting;
  onTestFinished(() => server.close());
  return server;
}

function program(options: DogStatsdMetricExporterOptions, statements: string): ExitProgram {
  return {
    directory: new URL('..', import.meta.url),
    setUp: `
      import { DogStatsdMetricExporter } from './src/index.ts';
      const exporter = new DogStatsdMetricExporter(${JSON.stringify(options)});`,
    statements,
  };
}

/** An event and a check that are recorded in the last moment. */
const LAST_EVENTS = `
  process.prependListener('exit', () => {
    exporter.event({ title: 'Deploy', text: 'v42' });
    exporter.serviceCheck({ name: 'shop.up', status: 'ok' });
  });`;

async function linesOf(server: FakeServer, count: number): Promise<string[]> {
  const payloads = await server.until((all) => all.join('\n').split('\n').length >= count);
  for (const payload of payloads) parseDogStatsdPayload(payload);
  return payloads.join('\n').split('\n').toSorted();
}

it.each([false, true])(
  'sends points, events and checks of the last moment over UDP; telemetry: %s',
  async (telemetry) => {
    const server = await open(startUdpServer());
    const { report, stats } = await runToExit(program({ port: server.port, telemetry }, LAST_EVENTS + EXIT));
    expect(report).toMatchObject({ exported: 3, pending: 0, dropped: 0 });
    expectIdentity(stats);
    expect(await linesOf(server, 3)).toEqual(['_e{6,3}:Deploy|v42', '_sc|shop.up|0', 'n0:1|c']);
  },
);

it('sends them over a unix stream that is open', async () => {
  const server = await open(startUnixStreamServer({ framing: 'length' }));
  const statements = `${LAST_EVENTS} void exported(counters(1, 5)); await told; ${EXIT}`;
  const options = { url: `unixstream://${server.path}` };
  const { report, stats } = await runToExit(program(options, statements), server.receive(1));
  // What was written counts, although the trial of the connection is not over.
  expect(report).toMatchObject({ exported: 4, pending: 0, dropped: 0 });
  expectIdentity(stats);
  expect(await linesOf(server, 4)).toEqual(['_e{6,3}:Deploy|v42', '_sc|shop.up|0', 'n0:1|c', 'n0:5|c']);
});

it('keeps what is for a unix stream that is not connected', async () => {
  const server = await open(startUnixStreamServer());
  for (const url of [`unixstream://${server.path}`, `unix://${server.path}`]) {
    const { report, stats } = await runToExit(program({ url }, EXIT));
    expect(report).toMatchObject({
      exported: 0,
      pending: 1,
      dropped: 0,
      errors: ['Error: DogStatsdMetricExporter: there is no connection yet'],
    });
    expectIdentity(stats);
  }
});

it.skipIf(missing)(
  `sends to a unix socket of datagrams whose kind it does not know yet${missing}`,
  async () => {
    const server = await open(startUnixgramServer({ unixDgram }));
    const { report, stats } = await runToExit(program({ path: server.path }, EXIT));
    expect(report).toMatchObject({ exported: 1, pending: 0, dropped: 0 });
    expectIdentity(stats);
    expect(await linesOf(server, 1)).toEqual(['n0:1|c']);
  },
);
