import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Consumer, environment, LINES } from '../../packaging/consumer.ts';
import { startProcess } from '../../programs/start-process.ts';
import { freeUdpPort } from '../../servers/free-port.ts';
import { copyPrograms } from '../programs.ts';
import { installTools, RUNTIMES } from '../tools.ts';
import { TRANSPORTS, type TransportName } from '../transports.ts';

const CALLS = 7;

interface Runtime {
  readonly name: string;
  /** Its program, in the folder that has the runtimes. */
  readonly file: string;
  readonly parameters: readonly string[];
  /** What loads `@tallykit/node/register` before the program. */
  readonly preload: readonly string[];
  /** Whether a UDP socket connects within a turn of the event loop, and hears that nobody listens at the other end. */
  readonly hasWholeUdp: boolean;
}

const ALL: readonly Runtime[] = [
  ...['20', '22', '24', '26'].map((version) => ({
    name: `Node ${version}`,
    file: `node${version}/bin/node`,
    parameters: [],
    preload: ['--import', '@tallykit/node/register'],
    hasWholeUdp: true,
  })),
  {
    name: 'Bun',
    file: '.bin/bun',
    parameters: [],
    preload: ['--preload', '@tallykit/node/register'],
    hasWholeUdp: true,
  },
  {
    name: 'Deno',
    file: '.bin/deno',
    parameters: ['run', '--allow-all', '--node-modules-dir=manual'],
    // It takes files only.
    preload: ['--preload', './runtimes/preload.mjs'],
    hasWholeUdp: false,
  },
];

const project = new Consumer(LINES[0]!);
let tools: string;
beforeAll(async () => {
  tools = await installTools(RUNTIMES);
  await project.install(inject('packages'), { optional: false });
  copyPrograms('runtimes', project.folder);
});
afterAll(() => project[Symbol.dispose]());

describe.for(ALL)('$name', ({ file, parameters, preload, hasWholeUdp }) => {
  const start = (
    program: string,
    variables: NodeJS.ProcessEnv,
    { options = [], ...others }: { options?: readonly string[]; onOutput?: (chunk: string) => void } = {},
    ...programParameters: readonly string[]
  ) =>
    startProcess(
      join(tools, 'node_modules', file),
      [...parameters, ...options, `runtimes/${program}.mjs`, ...programParameters],
      { directory: project.folder, environment: { ...environment, ...variables }, ...others },
    );

  test('delivers by every exporter, and stores', async () => {
    const names = Object.keys(TRANSPORTS) as TransportName[];
    const receivers = await Promise.all(
      names.map(async (name) => ({ name, receiver: await TRANSPORTS[name]() })),
    );
    try {
      const options = Object.fromEntries(receivers.map(({ name, receiver }) => [name, receiver.options]));
      await using program = start('everything', { SMOKE: JSON.stringify({ calls: CALLS, options }) });
      const status = await program.ended;
      const output = program.output();
      expect({ status, output }).toEqual({ status: 0, output: expect.stringMatching(/^\{.*\}\n$/) });
      for (const { name, receiver } of receivers) {
        expect({ name, arrived: await receiver.count('smoke.calls') }).toEqual({ name, arrived: CALLS });
      }
      const sent = { pending: 0, dropped: 0, errors: [] };
      expect(JSON.parse(output)).toEqual({
        // Two series, and one event where the protocol knows events.
        became: {
          'StatsD, UDP': { exported: 2, ...sent },
          'StatsD, TCP': { exported: 2, ...sent },
          'DogStatsD, unix stream': { exported: 3, ...sent },
          'Datadog HTTP': { exported: 3, ...sent },
          logging: { exported: 3, ...sent },
          noop: { exported: 2, ...sent },
          internal: { exported: 3, ...sent },
        },
        stored: CALLS,
        tenants: ['acme'],
        logged: [
          "'Smoke': 'all of it'",
          expect.stringMatching(`^'smoke\\.calls': \\+${CALLS} `),
          expect.stringMatching(/^'smoke\.work': 1 value /),
        ],
        page: true,
      });
    } finally {
      await Promise.all(receivers.map(({ receiver }) => receiver[Symbol.asyncDispose]()));
    }
  });

  /** Runs a program that knows only `metrics` until one of its ends. */
  async function runRegistered(end: string) {
    await using receiver = await TRANSPORTS['StatsD, UDP']();
    const settings = {
      METRICS_BACKEND: receiver.backend,
      METRICS_OPTIONS: JSON.stringify(receiver.options),
      SMOKE_CALLS: String(CALLS),
    };
    const onOutput = (chunk: string): void => {
      if (end === 'SIGTERM' && /^ready$/m.test(chunk)) program.child.kill('SIGTERM');
    };
    await using program = start('knows-metrics-only', settings, { options: preload, onOutput }, end);
    const status = await program.ended;
    return { status, output: program.output(), arrived: await receiver.count('smoke.calls') };
  }

  const exits = ['exit', 'exit at once'];

  test.for([
    { end: 'nothing left to do', status: 0 },
    { end: 'SIGTERM', status: 'SIGTERM' },
    ...(hasWholeUdp ? exits : []).map((end) => ({ end, status: 0 })),
  ])('delivers by `register` what a program records, until: $end', async ({ end, status }) => {
    expect(await runRegistered(end)).toEqual({ status, output: 'ready\n', arrived: CALLS });
  });

  test.for(hasWholeUdp ? [] : exits)(
    'delivers or counts what a program records, because it does not say whether it went out, until: %s',
    async (end) => {
      const { status, output, arrived } = await runRegistered(end);
      expect(status).toBe(0);
      // What is counted may have arrived all the same.
      const counted = Number(/(\d+) calls recorded and not exported/.exec(output)?.[1] ?? 0);
      expect(arrived + counted).toBeGreaterThanOrEqual(CALLS);
    },
  );

  test(`${hasWholeUdp ? 'hears' : 'does not hear'} that nobody listens at a UDP port`, async () => {
    await using program = start('sends-to-nobody', { SMOKE_PORT: String(await freeUdpPort()) });
    await program.ended;
    const printed = /^\{.*\}$/m.exec(program.output())?.[0] ?? program.output();
    expect(JSON.parse(printed)).toEqual(
      hasWholeUdp ? { exported: 0, pending: 1, state: 'down' } : { exported: 1, pending: 0, state: 'up' },
    );
  });
});
