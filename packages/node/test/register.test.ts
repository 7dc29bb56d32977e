import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const register = new URL('../src/register.ts', import.meta.url).href;

/** Runs a line of JavaScript where this package's neighbours are not installed. */
async function run(program: string, environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@tallykit/source', '--import', register, '--eval', program],
    {
      cwd: fileURLToPath(new URL('../../exporter-noop', import.meta.url)),
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { output, errors };
}

it('names a package that is missing and the command that installs it, in one line, and the program runs on', async () => {
  expect(await run('console.log("program")', { METRICS_BACKEND: 'statsd' })).toEqual({
    output: 'program\n',
    errors:
      '@tallykit/node/register: metrics are discarded: startMetrics: the backend statsd needs @tallykit/exporter-statsd, ' +
      'which is not installed: npm install @tallykit/exporter-statsd | pnpm add @tallykit/exporter-statsd | ' +
      'yarn add @tallykit/exporter-statsd\n',
  });
});

it('says nothing and keeps no program alive when nothing is configured', async () => {
  expect(await run('console.log("program")', {})).toEqual({ output: 'program\n', errors: '' });
});
