import { askSites } from './ask-sites.ts';
import { askStatsd } from './ask-statsd.ts';
import { KEY_REFUSED } from './explain.ts';
import { checkSettings } from './check-settings.ts';
import { problem, type Diagnosis, type Finding, type SentResult } from './findings.ts';
import { loadProjectPackage, type ProjectPackage } from './project.ts';
import { send } from './send.ts';
import { writeDiagnosis } from './write-diagnosis.ts';
import { Writer } from './writer.ts';

/** Options of the command. */
export interface DoctorOptions {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly askSites?: boolean;
  /** In seconds. */
  readonly timeout: number;
  readonly managementPort: number;
}

/**
 * Finds out why metrics don't arrive, and prints it.
 *
 * @returns the exit status
 */
export async function doctor(options: DoctorOptions): Promise<number> {
  if (options.json) leaveOutputToJson();
  // Everything that would be logged is among the findings.
  process.env['OTEL_LOG_LEVEL'] = 'NONE';
  const diagnosis = await diagnose(loadProjectPackage(process.cwd()), options);
  if (options.json) process.stdout.write(`${JSON.stringify(diagnosis, undefined, 2)}\n`);
  else writeDiagnosis(new Writer(process.stdout), diagnosis, options);
  return diagnosis.ok ? 0 : 1;
}

/** What the backend `console` writes goes where it doesn't break the JSON. */
function leaveOutputToJson(): void {
  const write = console.error.bind(console);
  for (const method of ['log', 'info', 'debug'] as const) console[method] = write;
}

/** Finds out why the metrics of this environment don't arrive. */
export async function diagnose(project: ProjectPackage, options: DoctorOptions): Promise<Diagnosis> {
  const known = { package: { version: project.version, ofProject: !project.isOwn } };
  let settings;
  try {
    settings = project.node.readSettings();
  } catch (error) {
    return { ...known, ok: false, settings, sent: [], findings: [wrongSetting(error)] };
  }
  const ofSettings = checkSettings(settings);
  const { sent, findings } = await sendAndAsk(project, settings, options);
  const all = problemsFirst([...ofSettings, ...sent.flatMap((one) => one.findings), ...findings]);
  return { ...known, ok: all.every(({ level }) => level === 'note'), settings, sent, findings: all };
}

async function sendAndAsk(
  project: ProjectPackage,
  settings: NonNullable<Diagnosis['settings']>,
  { timeout, managementPort, askSites: mayAskSites = false }: DoctorOptions,
): Promise<{ readonly sent: readonly SentResult[]; readonly findings: readonly Finding[] }> {
  if (settings.backends.every(({ backend }) => backend === 'noop')) return { sent: [], findings: [] };
  const timeoutMillis = timeout * 1000;
  let sent: SentResult[];
  try {
    sent = await send(project, settings, timeoutMillis);
  } catch (error) {
    return { sent: [], findings: [wrongSetting(error)] };
  }
  const findings: Finding[] = [];
  for (const {
    key,
    state,
    findings: [first],
  } of sent) {
    const backend = settings.backends.find((one) => one.key === key)!;
    if (state === 'unconfirmed') findings.push(...(await askStatsd(backend, managementPort)));
    if (mayAskSites && first?.cause.startsWith(KEY_REFUSED)) {
      findings.push(...(await askSites(project, settings, backend, timeoutMillis)));
    }
  }
  return { sent, findings };
}

function problemsFirst(findings: readonly Finding[]): Finding[] {
  return [
    ...findings.filter(({ level }) => level === 'problem'),
    ...findings.filter(({ level }) => level === 'note'),
  ];
}

/** The error says the setting, what is accepted, and the remedy. */
function wrongSetting(error: unknown): Finding {
  return problem(error instanceof Error ? error.message : String(error));
}
