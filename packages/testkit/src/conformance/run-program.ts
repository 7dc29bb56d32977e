import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { Trial } from './trial.ts';

/** How long another process may take to start. */
const PROCESS_MILLIS = 30_000;

/**
 * Runs the subject's program in a process of its own until it ends by itself.
 *
 * @param statements what it does with `exporter` and `metrics`
 */
export async function runProgram(
  trial: Trial,
  metrics: readonly MetricData[],
  statements: string,
): Promise<void> {
  const { source, execArgv = [], directory } = trial.running.program;
  const scopeMetrics = [{ scope: { name: 'conformance' }, metrics }];
  const program = [
    source,
    `const metrics = ${JSON.stringify({ resource: { attributes: {} }, scopeMetrics })};`,
    statements,
    "process.stdout.write('done');",
  ].join('\n');
  const child = spawn(process.execPath, [...execArgv, '--input-type=module', '--eval', program], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const done = Promise.race([once(child.stdout, 'data'), exit]);
  try {
    await trial.inTime(done, 'the last statement of a program with the exporter', PROCESS_MILLIS);
    const code = await trial.inTime(exit, 'the end of a program with the exporter');
    assert.equal(code, 0, `the exit code of a program with the exporter\n${errors}`);
  } finally {
    child.kill('SIGKILL');
  }
}
