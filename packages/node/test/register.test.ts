import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

const register = new URL('../src/register.ts', import.meta.url).href;

/** Runs a program behind `register`. */
async function run(program: string, environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    [...ON_SOURCES, '--import', register, '--input-type=module', '--eval', program],
    {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { output, errors };
}

it('names a setting that is wrong, in one line, and the program runs on', async () => {
  const { output, errors } = await run('console.log("program")', { METRICS_BACKEND: 'statds' });
  expect(output).toBe('program\n');
  expect(errors).toMatch(
    /^@tallykit\/node\/register: metrics are discarded: startMetrics: .*METRICS_BACKEND.*did you mean statsd\?\n$/,
  );
});

it.each([
  [{}, /^StatsdMetricExporter: can't deliver to udp 127\.0\.0\.1:1: .*\n/],
  [{ OTEL_LOG_LEVEL: 'ERROR' }, /^$/],
])('shows warnings on standard error as OTEL_LOG_LEVEL says: %o', async (environment, expected) => {
  const program = `import { metrics } from '@tallykit/metrics';
    import { flush } from '@tallykit/node/register';
    metrics.incr('orders');
    await flush();
    await flush();`;
  const { errors } = await run(program, {
    METRICS_BACKEND: 'statsd',
    METRICS_OPTIONS: '{"port":1}',
    ...environment,
  });
  expect(errors).toMatch(expected);
});

it('says nothing and keeps no program alive when nothing is configured', async () => {
  expect(await run('console.log("program")', {})).toEqual({ output: 'program\n', errors: '' });
});

/** Listens at a free port, and returns it. */
async function taken(): Promise<{ port: number; free: () => Promise<unknown> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const free = () => {
    server.close();
    return once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, free };
}

const prometheus = (port: number) => ({
  METRICS_BACKEND: 'prometheus',
  METRICS_OPTIONS: JSON.stringify({ host: '127.0.0.1', port }),
});

it('leaves the port of Prometheus to a program that records', async () => {
  const { port, free } = await taken();
  await free();
  const program = `import { createServer } from 'node:http';
    import { metrics } from '@opentelemetry/api';
    metrics.getMeter('a library');
    createServer().listen(${port}, '127.0.0.1', () => process.exit(console.log('free')));`;
  expect(await run(program, prometheus(port))).toEqual({ output: 'free\n', errors: '' });
});

it('names a port of Prometheus that is taken, and the program runs on', async () => {
  const { port } = await taken();
  const program = `import { metrics } from '@tallykit/metrics';
    metrics.incr('orders');
    setImmediate(() => setImmediate(() => console.log('program')));`;
  const { output, errors } = await run(program, prometheus(port));
  expect(output).toBe('program\n');
  expect(errors).toMatch(
    /^startMetrics: `METRICS_OPTIONS.port` of the backend prometheus: port \d+ is taken .* It is tried again every 5000 ms\.\n/,
  );
});

it('has tags and a store from variables', async () => {
  const program = `import { metrics } from '@tallykit/metrics';
    import { flush } from '@tallykit/node/register';
    metrics.incr('orders', 2, { internal: true });
    console.log(JSON.stringify(await flush()));`;
  const { output, errors } = await run(program, {
    METRICS_BACKEND: 'console',
    METRICS_TAGS: 'env:prod team:core',
    METRICS_INTERNAL: '{"tags":{"kept":1}}',
  });
  expect(errors).toBe('');
  expect(output).toMatch(/orders[^]*env: 'prod', team: 'core'/);
  expect(output).toMatch(/"internal":\{"exported":1,/);
});
