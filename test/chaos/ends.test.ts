import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpServer } from '@tallykit/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from './child.ts';
import type { End, EndRequest } from './ends-program.ts';
import { Front } from './front.ts';

const HOSTS = { 'nowhere.test': [], 'silent.test': null };

let folder: string;
let program: Child<EndRequest | { readonly type: 'disconnect' }>;
/** Takes no connection, and refuses none. */
let blackHole: Front;
/** Takes connections, and reads and answers nothing. */
let hanging: Awaited<ReturnType<typeof startTcpServer>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const hosts = join(folder, 'hosts.json');
  await writeFile(hosts, JSON.stringify(HOSTS));
  hanging = await startTcpServer();
  hanging.pause();
  blackHole = new Front({ kind: 'stream', behind: hanging.port, isDeaf: true });
  await blackHole.start();
  await blackHole.swallowConnections();
  program = new Child('ends-program.ts', {
    environment: { CHAOS_HOSTS: hosts },
    nodeOptions: ['--import', new URL('hosts.mjs', import.meta.url).href],
  });
  await program.reply();
});
afterAll(async () => {
  await program.kill();
  await blackHole[Symbol.asyncDispose]();
  await hanging.close();
  await rm(folder, { recursive: true });
});

type Server = readonly [
  what: string,
  exporter: EndRequest['exporter'],
  options: () => EndRequest['options'],
  reason: RegExp,
];

const datadog = (host: string, port: number) => ({ apiKey: 'any', url: `http://${host}:${port}` });

/** Nothing is ever heard of these, so an export only ends when its time is up; how far it came by then is chance. */
const SILENT: readonly Server[] = (
  [
    [
      'an address that swallows everything, by TCP',
      'statsd',
      () => ({ port: blackHole.port, protocol: 'tcp' }),
    ],
    ['an address that swallows everything, by HTTP', 'datadog', () => datadog('127.0.0.1', blackHole.port)],
    ['an HTTP server that hangs', 'datadog', () => datadog('127.0.0.1', hanging.port)],
    ['a name that is looked up for ever, by UDP', 'dogstatsd', () => ({ host: 'silent.test' })],
    ['a name that is looked up for ever, by TCP', 'statsd', () => ({ host: 'silent.test', protocol: 'tcp' })],
    ['a name that is looked up for ever, by HTTP', 'datadog', () => datadog('silent.test', 80)],
  ] as const
).map(([what, exporter, options]) => [
  what,
  exporter,
  () => ({ ...options(), timeoutMillis: 150 }),
  / in time\b| no time left |the time was up|could not be sent within 150 ms/,
]);

/** These answer at once, so nothing takes as long as the exporter may. */
const UNKNOWN: readonly Server[] = (
  [
    ['a name that nobody knows, by UDP', 'dogstatsd', { host: 'nowhere.test' }],
    ['a name that nobody knows, by TCP', 'statsd', { host: 'nowhere.test', protocol: 'tcp' }],
    ['a name that nobody knows, by HTTP', 'datadog', datadog('nowhere.test', 80)],
  ] as const
).map(([what, exporter, options]) => [
  what,
  exporter,
  () => ({ ...options, timeoutMillis: 30_000 }),
  /ENOTFOUND nowhere\.test/,
]);

// Without a deadline, each would take minutes or for ever; the deadline of the tests is the limit.
describe.each([...SILENT, ...UNKNOWN])('%s', (_, exporter, options, reason) => {
  test.each(['during', 'twice', 'after'] as const)('does not hold up a shutdown: %s', async (shutdown) => {
    const { stats, warnings } = await program.ask<End>({ exporter, options: options(), shutdown });
    expect(stats).toMatchObject({ exported: { points: 0 }, pending: { points: 0, amount: 0 } });
    expect(stats.received).toEqual(stats.dropped);
    expect(stats.dropped.amount).toBe(7);
    expect(warnings[0]).toMatch(reason);
  });
});

test('the program ends by itself', async () => {
  await program.ask({ type: 'disconnect' });
  expect(await program.ended).toBe(0);
  expect(program.output).toBe('');
});
