import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const register = new URL('../src/register.ts', import.meta.url).href;

/** Runs a program behind `register`. */
async function run(program: string, environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=@tallykit/source',
      '--import',
      register,
      '--input-type=module',
      '--eval',
      program,
    ],
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
