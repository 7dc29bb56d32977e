import { environment } from '../packaging/consumer.ts';
import { startProcess } from '../programs/start-process.ts';
import { freePort } from '../servers/free-port.ts';
import { startOtlpReceiver } from '../servers/otlp-receiver.ts';
import { TRANSPORTS, type TransportName } from './transports.ts';

/** How often `programs/bundles` increase their counter. */
export const CALLS = 7;

/** A program with its parameters. */
export type Command = readonly [string, ...string[]];

export const withNode = (file: string): Command => [process.execPath, file];

interface BundleRun {
  /** What it printed last, as JSON. */
  readonly printed: unknown;
  readonly output: string;
}

/**
 * Runs a bundled program.
 *
 * @param onReady is called when it says that it is ready; when that is over, its input ends
 */
export async function runBundle(
  [command, ...parameters]: Command,
  settings: object,
  onReady?: () => Promise<void>,
): Promise<BundleRun> {
  let readiness: Promise<void> | undefined;
  await using program = startProcess(command, parameters, {
    directory: '/',
    environment: { ...environment, BUNDLE: JSON.stringify(settings) },
    onOutput(chunk) {
      if (/^ready$/m.test(chunk)) readiness ??= onReady?.().finally(() => program.child.stdin!.end());
    },
  });
  await program.ended;
  await readiness;
  const output = program.output();
  const json = output.split('\n').findLast((line) => line.startsWith('{"'));
  return { printed: json === undefined ? undefined : JSON.parse(json), output };
}

/** How often the counter was increased, according to what arrived. */
interface Delivery {
  readonly arrived: number | undefined;
  readonly output: string;
}

interface Destination<Name extends string> {
  readonly name: Name;
  /** Runs a program that records for this backend. */
  readonly deliver: (command: Command) => Promise<Delivery>;
}

/** Backends whose exporters are ours. */
export const OURS: readonly Destination<TransportName>[] = (
  ['StatsD, UDP', 'DogStatsD, unix stream', 'Datadog HTTP'] as const
).map((name) => ({
  name,
  async deliver(command) {
    await using receiver = await TRANSPORTS[name]();
    const { backend, options } = receiver;
    const { output } = await runBundle(command, { backend, options });
    return { arrived: await receiver.count('bundle.calls'), output };
  },
}));

/** Backends by their names that need packages of others. */
export const OTHERS: readonly Destination<'logging' | 'otlp' | 'prometheus'>[] = [
  {
    name: 'logging',
    async deliver(command) {
      const { output } = await runBundle(command, { backend: 'logging' });
      return { arrived: numberIn(output, /bundle\.calls'?: \+(\d+)/), output };
    },
  },
  {
    name: 'otlp',
    async deliver(command) {
      await using receiver = await startOtlpReceiver();
      // The receiver reads JSON.
      const options = { url: receiver.url, protocol: 'http/json' };
      const { output } = await runBundle(command, { backend: 'otlp', options });
      return { arrived: receiver.sums.get('bundle.calls{plan=pro}'), output };
    },
  },
  {
    name: 'prometheus',
    async deliver(command) {
      const port = await freePort();
      const options = { host: '127.0.0.1', port };
      let page = '';
      const { output } = await runBundle(command, { backend: 'prometheus', options }, async () => {
        page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      });
      return { arrived: numberIn(page, /^bundle_calls_total\{[^}]*plan="pro"[^}]*\} (\d+)$/m), output };
    },
  },
];

function numberIn(text: string, pattern: RegExp): number | undefined {
  const number = pattern.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}
