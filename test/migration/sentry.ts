import { parseEnv } from 'node:util';
import { Arrivals } from '../tasks/arrivals.ts';
import type { CompiledPrograms } from '../tasks/programs.ts';
import { startAgent, startIntake } from '../tasks/receivers.ts';
import { runCompiled } from '../tasks/running-program.ts';
import { cellOf, REGISTER } from './migrations.ts';
import { codeIn } from './pages.ts';

/** Files of variables, each of which chooses one of Sentry's backends. */
export const SENTRY_SETTINGS = ['dummy', 'logging', 'statsd', 'datadog', 'dual-write'] as const;

/** What each backend got of the program with some settings. */
export interface SentryOutcome {
  readonly statsd: Arrivals;
  readonly datadog: Arrivals;
  /** What the program printed. */
  readonly output: string;
}

/** The port of StatsD in the files. */
const STATSD_PORT = '8125';

/** Runs the program with some settings, beside a StatsD server and Datadog's HTTP API. */
export async function runWithSentrySettings(
  settings: (typeof SENTRY_SETTINGS)[number],
  programs: CompiledPrograms,
): Promise<SentryOutcome> {
  const text = codeIn('sentry', `${settings}.env`);
  await using statsd = await startAgent();
  await using datadog = await startIntake();
  await using program = runCompiled(
    programs.fileOf('migration/programs/sentry/app.ts'),
    {
      DD_URL: datadog.environment['DD_URL']!,
      ...parseEnv(text.replaceAll(STATSD_PORT, statsd.environment['DD_DOGSTATSD_PORT']!)),
    },
    programs.fileOf(REGISTER),
  );
  const status = await program.ended;
  if (status !== 0) throw new Error(`${program.file} ended with ${status}:\n${program.output()}`);
  return {
    statsd: new Arrivals(await statsd.arrivals()),
    datadog: new Arrivals(await datadog.arrivals()),
    output: program.output(),
  };
}

/**
 * Which backends got a metric, and what, as the table of the page says it.
 *
 * @param row its name in backquotes, as the program says it
 */
export function sentryCellOf({ statsd, datadog, output }: SentryOutcome, row: string): string {
  const name = row.replaceAll('`', '');
  const printed = output.split('\n').find((line) => line.includes(`'${name}':`));
  const said = [
    ['StatsD', cellOf(statsd, `\`sentry.${name}\``)],
    ['Datadog', cellOf(datadog, `\`sentry.${name}\``)],
    ['log', printed === undefined ? 'nothing' : `\`${printed}\``],
  ].filter(([, what]) => what !== 'nothing');
  return said.map((words) => words.join(' ')).join('; ') || 'nothing';
}
