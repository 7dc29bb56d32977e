import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shuffled, summarise, type Summary } from './statistics.ts';

const run = promisify(execFile);

/** What a program imports; nothing, for what the process itself takes. */
const SUBJECTS = [
  undefined,
  '@tallykit/metrics',
  '@tallykit/exporter-noop',
  '@tallykit/exporter-statsd',
  '@tallykit/exporter-dogstatsd',
  '@tallykit/exporter-datadog-http',
  '@tallykit/exporter-logging',
  '@tallykit/tsdb',
  '@tallykit/node',
  '@tallykit/testkit',
  '@opentelemetry/api',
  '@opentelemetry/sdk-metrics',
  '@opentelemetry/sdk-node',
  'hot-shots',
  'prom-client',
] as const;

/** A process that imports one package and ends: milliseconds from its start to its end. */
export interface ImportResult {
  /** `undefined`: it imports nothing. */
  readonly name: string | undefined;
  readonly millis: Summary;
  /** The same above the process that imports nothing, round by round. */
  readonly above: Summary;
}

/** Compiled, this file lies in test/bench/dist/bench; the folder `test` has all of the packages installed. */
const DIRECTORY = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts each process once in every round, in another order each time. */
export async function measureImports(
  rounds: number,
  random: () => number,
  progress: (share: number) => void,
): Promise<ImportResult[]> {
  const measured = SUBJECTS.map((name) => ({ name, millis: [] as number[] }));
  // The first round reads files that the others find in memory.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, millis } of shuffled(measured, random)) {
      const start = performance.now();
      await run(process.execPath, ['--input-type=module', '--eval', name ? `import '${name}';` : ''], {
        cwd: DIRECTORY,
      });
      if (round > 0) millis.push(performance.now() - start);
    }
    progress((round + 1) / (rounds + 1));
  }
  const bare = measured[0]!.millis;
  return measured.map(({ name, millis }) => ({
    name,
    millis: summarise(millis),
    above: summarise(millis.map((value, round) => value - bare[round]!)),
  }));
}
