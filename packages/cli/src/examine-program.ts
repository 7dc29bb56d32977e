import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DoctorOptions } from './doctor.ts';
import { explainInside } from './explain-inside.ts';
import type { Finding } from './findings.ts';
import type { InsideReport } from './inside-report.ts';
import { verdictOf, writeFindings } from './write-diagnosis.ts';
import { Writer } from './writer.ts';

/** The module is what it was built to, or its source in the workspace. */
const LOOK_INSIDE = new URL(import.meta.url.endsWith('.ts') ? 'look-inside.ts' : 'look-inside.js', import.meta.url);

/** What was found in one process of the program. */
interface Examined {
  readonly report: InsideReport;
  readonly findings: readonly Finding[];
}

/**
 * Runs a program, looks at its metrics from inside, and prints what it found: after the first export, and at the end.
 *
 * @returns the exit status: 1 where something is wrong, otherwise that of the program
 */
export async function examineProgram(command: readonly string[], options: DoctorOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-doctor-'));
  try {
    const { status, signal } = await run(command, folder, options);
    const examined = await readReports(folder);
    const findings = examined.flatMap((one) => one.findings);
    const ok = examined.length > 0 && findings.every(({ level }) => level === 'note');
    if (options.json) writeJson({ ok, status, signal, programs: examined });
    else writeExamined(examined, ok, 'the end of the program');
    return ok ? status : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  command: readonly string[],
  folder: string,
  { json = false }: DoctorOptions,
): Promise<{ readonly status: number; readonly signal: NodeJS.Signals | null }> {
  const [program = '', ...parameters] = command;
  const others = process.env['NODE_OPTIONS'];
  const child = spawn(program, parameters, {
    // What the program writes must not break the JSON.
    stdio: ['inherit', json ? process.stderr : 'inherit', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: `${others === undefined ? '' : `${others} `}--import=${LOOK_INSIDE.href}`,
      TALLYKIT_DOCTOR_REPORTS: folder,
    },
  });
  const watcher = json ? undefined : watchFirstExport(folder);
  // A terminal sends SIGINT to both; the program decides when it ends.
  const ignore = (): void => undefined;
  const forward = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { status: status ?? 128 + constants.signals[signal!], signal };
  } catch (error) {
    console.error(`tallykit doctor: ${program} can't be started: ${(error as Error).message}`);
    return { status: 127, signal: null };
  } finally {
    watcher?.close();
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
}

/** Prints what is known as soon as something was exported, for programs that don't end. */
function watchFirstExport(folder: string): { close(): void } {
  let isPrinted = false;
  return watch(folder, () => {
    if (isPrinted) return;
    void readReports(folder).then((examined) => {
      const isExported = examined.some(({ report }) => report.exporters.some((one) => one.exports > 0));
      if (!isExported || isPrinted) return;
      isPrinted = true;
      const ok = examined.every(({ findings }) => findings.every(({ level }) => level === 'note'));
      writeExamined(examined, ok, 'the first export');
    });
  });
}

async function readReports(folder: string): Promise<Examined[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const reports = names.map(async (name) => {
    const report = JSON.parse(await readFile(join(folder, name), 'utf8')) as InsideReport;
    return { report, findings: explainInside(report) };
  });
  return Promise.all(reports);
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** To standard error, because standard output is the program's. */
function writeExamined(examined: readonly Examined[], ok: boolean, when: string): void {
  const writer = new Writer(process.stderr);
  if (examined.length === 0) {
    writer.heading('No program of Node was seen');
    writer.advice('Put the command that starts Node behind --, such as: tallykit doctor -- node app.js');
    return;
  }
  for (const { report, findings } of examined) {
    const { program, pid, provider, exporters, copies } = report;
    writer.heading(`${program || 'node'} (process ${pid}), at ${when}`);
    writer.row('MeterProvider', provider ?? 'none', 'the global one');
    for (const { reader, exporter, exports, failures } of exporters) {
      writer.row('reader', exporter ?? reader, `${exports} exports, ${failures} failed`);
    }
    for (const { version, path } of copies) writer.row('@opentelemetry/api', version, path);
    writeFindings(writer, findings);
  }
  writer.text('');
  const all = examined.flatMap(({ findings }) => findings);
  writer.verdict(ok, ok ? 'Nothing is wrong, as far as can be seen from inside.' : verdictOf(all));
}
