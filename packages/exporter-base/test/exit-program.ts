import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExporterStats, FlushReport } from '../src/index.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

/** A program that calls `flushSync` when it ends. */
export interface ExitProgram {
  /** The folder of the exporter's package. */
  readonly directory: URL;
  /** Makes an `exporter`, where `counters(count)` makes points of `n0`, `n1`, … */
  readonly setUp: string;
  /** What it does before it ends. It can wait for `told`. By default it does nothing. */
  readonly statements?: string;
  /** What it hands to `flushSync`. @default 'counters(1)' */
  readonly last?: string;
}

/** What `flushSync` and `stats` said in the end. */
export interface LastWords {
  readonly report: Omit<FlushReport, 'errors'> & { readonly errors: readonly string[] };
  readonly stats: ExporterStats;
  readonly code: number | null;
}

/** Time enough on any machine: what is tested is how much the kernel takes. */
const FLUSH_SYNC_MILLIS = 60_000;

/** Ends the program at once, with nothing awaited. */
export const EXIT = 'process.exit();';

/**
 * Runs a program to its end, in a process of its own that doesn't outlive the test.
 *
 * @param tell resolves when the program is to go on that waits for `told`
 */
export async function runToExit(
  { directory, setUp, statements = '', last = 'counters(1)' }: ExitProgram,
  tell: Promise<unknown> = Promise.resolve(),
): Promise<LastWords> {
  const program = `
    import { writeSync } from 'node:fs';
    const counters = (count, value = 1, attributes = {}) => ({
      resource: { attributes: {} },
      scopeMetrics: [{
        scope: { name: 'test' },
        metrics: Array.from({ length: count }, (_, index) => ({
          descriptor: { name: 'n' + index, type: 'COUNTER', unit: '', description: '', valueType: 1, advice: {} },
          aggregationTemporality: 0,
          dataPointType: 3,
          isMonotonic: true,
          dataPoints: [{ attributes, startTime: [1, 0], endTime: [2, 0], value }],
        })),
      }],
    });
    const told = new Promise((resolve) => process.stdin.once('data', resolve).unref());
    const exported = (metrics) => new Promise((resolve) => exporter.export(metrics, resolve));
    ${setUp}
    process.on('exit', () => {
      const { errors, ...report } = exporter.flushSync(${last}, { timeoutMillis: ${FLUSH_SYNC_MILLIS} });
      const words = { report: { ...report, errors: errors.map(String) }, stats: exporter.stats() };
      writeSync(1, JSON.stringify(words));
    });
    ${statements}`;
  const child = spawn(process.execPath, [...ON_SOURCES, '--input-type=module', '--eval', program], {
    cwd: fileURLToPath(directory),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  try {
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    // It may have ended already.
    child.stdin.on('error', () => undefined);
    void tell.then(() => child.stdin.write('go on'));
    const [code] = (await once(child, 'close')) as [number | null];
    if (output === '') throw new Error(`The program said nothing.\n${errors}`);
    return { ...(JSON.parse(output) as Omit<LastWords, 'code'>), code };
  } finally {
    child.kill('SIGKILL');
  }
}
