import { fileURLToPath } from 'node:url';
import {
  conformanceCases,
  parseStatsdPayload,
  startDatadogIntake,
  startUdpServer,
  type ParsedStatsdLine,
} from '@tallykit/testkit';
import { describe, expect, test } from 'vitest';
import { startProgram } from '../programs/run-program.ts';
import { allDatagrams } from '../servers/all-datagrams.ts';
import { redisObstacle, startRedis } from '../servers/redis.ts';
import { skipBecause } from '../e2e/skip-because.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));

/** Runs an example to its end, and returns what it printed. */
async function runExample(name: string, environment: Record<string, string>): Promise<string> {
  await using program = startProgram(`${EXAMPLES}/${name}.ts`, environment, { directory: EXAMPLES });
  const status = await program.ended;
  expect({ status, output: program.output() }).toEqual({ status: 0, output: program.output() });
  return program.output();
}

/** Runs an example that sends to StatsD. */
async function runWithStatsd(name: string, environment: Record<string, string> = {}) {
  const server = await startUdpServer();
  try {
    const output = await runExample(name, { ...environment, STATSD_PORT: String(server.port) });
    const payloads = await allDatagrams(server);
    return { output, lines: payloads.flatMap((payload) => parseStatsdPayload(payload, 'dogstatsd')) };
  } finally {
    await server.close();
  }
}

/** Adds up numbers that have the same key. */
function tally(entries: Iterable<readonly [key: string, number: number]>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, number] of entries) sums[key] = (sums[key] ?? 0) + number;
  return sums;
}

/** Of a counter its sum, of timings how many there are, by the values of some tags. */
function received(
  lines: readonly ParsedStatsdLine[],
  metric: string,
  ...tags: readonly string[]
): Record<string, number> {
  return tally(
    lines
      .filter(({ name }) => name === metric)
      .map(({ type, value, rate, tags: given }) => [
        tags.map((tag) => given[tag] ?? 'none').join(' '),
        (type === 'c' ? value : 1) / rate,
      ]),
  );
}

/** The values of a gauge, in their order. */
function gauged(lines: readonly ParsedStatsdLine[], metric: string): number[] {
  return lines.flatMap(({ name, type, value }) => (name === metric && type === 'g' ? [value] : []));
}

/** Everything that an example printed in a form. */
function printed(output: string, form: RegExp): string[][] {
  return Array.from(output.matchAll(new RegExp(form, 'gm')), (match) => match.slice(1));
}

// Each waits for a process most of the time.
describe.concurrent.each(['express', 'fastify'])('the example %s', (name) => {
  /** The pattern of each path that the example asks for. */
  const ROUTES: Readonly<Record<string, string>> = {
    '/': '/',
    '/orders/1': '/orders/:id',
    '/orders/2': '/orders/:id',
    '/orders/3': '/orders/:id',
    '/orders/broken': '/orders/:id',
    '/nothing/here': 'none',
  };

  test('records each answer under its route, by its hook and by OpenTelemetry', async () => {
    const { output, lines } = await runWithStatsd(name);
    const requests = printed(output, /^GET (\S+) → (\d+)$/);
    const answers = tally(requests.map(([path, status]) => [`${ROUTES[path!]} ${status}`, 1]));
    expect(requests.map(([path]) => path)).toEqual(Object.keys(ROUTES));

    expect(received(lines, 'requests', 'route', 'status')).toEqual(answers);
    expect(
      received(lines, 'http.server.request.duration', 'http.route', 'http.response.status_code'),
    ).toEqual(answers);
    expect(received(lines, 'db.query', 'table', 'result')).toEqual({
      'orders success': answers['/orders/:id 200'],
      'orders failure': answers['/orders/:id 500'],
    });
    expect(gauged(lines, 'requests.active').at(-1)).toBe(0);
  });
});

test.concurrent('the example lambda has sent everything when it ends, though a flush was cut off', async () => {
  const intake = await startDatadogIntake();
  // Twice as late as the flush waits.
  intake.script({ status: 202, delayMillis: 1_000 });
  const output = await runExample('lambda', { DD_API_KEY: 'any', DD_URL: intake.url });
  const orders = printed(output, /^(\d+) orders taken$/).map(([number]) => Number(number));
  expect(orders).toHaveLength(3);
  expect(printed(output, /^sent (\d+), kept (\d+), dropped (\d+)$/)[0]).toEqual(['0', '2', '0']);
  expect(intake.count('orders')).toBe(orders.reduce((sum, number) => sum + number, 0));
  expect(intake.distribution('handler').count).toBe(orders.length);
  await intake.close();
});

test.concurrent('the example job-queue records each job as it ended', async (context) => {
  const obstacle = redisObstacle();
  if (obstacle !== undefined) skipBecause(context, obstacle);
  await using redis = await startRedis();
  const { output, lines } = await runWithStatsd('job-queue', { REDIS_URL: redis.url });
  const ends = printed(output, /^(\w+) (is done|failed)/);
  const jobs = tally(ends.map(([job, end]) => [`${job} ${end === 'failed' ? 'failure' : 'success'}`, 1]));
  expect(Object.keys(jobs).toSorted()).toEqual(['invoice failure', 'invoice success', 'welcome success']);

  expect(received(lines, 'jobs.duration', 'job', 'result')).toEqual(jobs);
  expect(received(lines, 'jobs.added')).toEqual({ '': ends.length });
  expect(received(lines, 'jobs.latency')).toEqual({ '': ends.length });
  expect(gauged(lines, 'jobs.waiting')).toEqual([ends.length, 0]);
  expect(gauged(lines, 'jobs.active').at(-1)).toBe(0);
});

test.concurrent('the example cluster records the requests of each process', async () => {
  const { output, lines } = await runWithStatsd('cluster');
  const answers = printed(output, /^process \d+ answered (\d+) requests$/).map(([number]) => Number(number));
  expect(answers.reduce((sum, number) => sum + number, 0)).toBe(20);

  expect(received(lines, 'requests')).toEqual({ '': 20 });
  expect(gauged(lines, 'workers')).toEqual([2]);
  const active = lines.filter(({ name }) => name === 'requests.active');
  const last = new Map(active.map(({ tags, value }) => [tags['process'], value]));
  expect([...last.values()]).toEqual(answers.map(() => 0));
});

test.concurrent('the example worker-threads records what each thread did', async () => {
  const { output, lines } = await runWithStatsd('worker-threads');
  const hashed = printed(output, /^thread (\d+) hashed (\d+) passwords$/);
  expect(hashed).toHaveLength(2);
  expect(received(lines, 'hash', 'thread')).toEqual(
    tally(hashed.map(([thread, passwords]) => [thread!, Number(passwords)])),
  );
  expect(received(lines, 'threads.started', 'thread')).toEqual({ main: hashed.length });
});

test.concurrent('the example custom-exporter passes the conformance suite, and what it records arrives', async () => {
  const server = await startUdpServer();
  const output = await runExample('custom-exporter', { COLLECTOR_PORT: String(server.port) });
  const all = conformanceCases.length;
  expect(output).toBe(`${all} of ${all} conformance cases passed\n`);
  const lines = (await allDatagrams(server)).flatMap((payload) => payload.split('\n'));
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { type: 'sum', name: 'orders', tags: { plan: 'free' }, value: 75 },
    { type: 'sum', name: 'orders', tags: { plan: 'pro' }, value: 25 },
    { type: 'histogram', name: 'db.query', tags: {}, count: 100, sum: 5050, min: 1, max: 100 },
    { type: 'gauge', name: 'freezer', tags: {}, value: -18.5 },
  ]);
  await server.close();
});
