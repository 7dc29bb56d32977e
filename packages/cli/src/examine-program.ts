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

const LOOK_INSIDE = new URL('look-inside.js', import.meta.url);

/** What was found in one process of the program. */
export interface Examined {
  readonly report: InsideReport;
  readonly findings: readonly Finding[];
}

/**
 * Runs a program, looks at its metrics from inside, and prints what it found: after the first export, and at the end.
 *
 * @returns the exit status: 1 where something is wrong, otherwise that of the program
 */
export async function examineProgram(
  command: readonly string[],
  options: Pick<DoctorOptions, 'json'>,
): Promise<number> {
  let printed = '';
  const { ok, status, signal, programs } = await examine(command, {
    ...options,
    onFirstExport(examined) {
      printed = foundIn(examined);
      writeExamined(examined, 'the first export');
    },
  });
  if (options.json) writeJson({ ok, status, signal, programs });
  else if (foundIn(programs) !== printed || printed === '') writeExamined(programs, 'the end of the program');
  return ok ? status : 1;
}

/** What was found, to know whether it was said already. */
function foundIn(programs: readonly Examined[]): string {
  return JSON.stringify(
    programs.map(({ report, findings }) => [report.pid, findings.map(({ cause }) => cause)]),
  );
}

/** How a program is looked at. */
interface ExamineOptions extends Pick<DoctorOptions, 'json'> {
  /** Gets what is known as soon as something was exported, for programs that don't end. */
  readonly onFirstExport?: (programs: readonly Examined[]) => void;
}

/** What became of a program, and what was found in each of its processes. */
export interface Examination {
  readonly ok: boolean;
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
  readonly programs: readonly Examined[];
}

/**
 * Runs a program, and looks at its metrics from inside.
 *
 * @param lookInside the module that is preloaded
 */
export async function examine(
  command: readonly string[],
  { json = false, onFirstExport }: ExamineOptions,
  lookInside: URL = LOOK_INSIDE,
): Promise<Examination> {
  const folder = await mkdtemp(join(tmpdir(), 'tallykit-doctor-'));
  try {
    const watcher = onFirstExport && watchFirstExport(folder, onFirstExport);
    const ended = await run(command, folder, { json, lookInside });
    watcher?.close();
    const programs = await readReports(folder);
    return { ok: programs.length > 0 && programs.every(isWell), ...ended, programs };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isWell({ findings }: Examined): boolean {
  return findings.every(({ level }) => level === 'note');
}

async function run(
  command: readonly string[],
  folder: string,
  { json, lookInside }: { readonly json: boolean; readonly lookInside: URL },
): Promise<Pick<Examination, 'status' | 'signal'>> {
  const [program = '', ...parameters] = command;
  const others = process.env['NODE_OPTIONS'];
  const child = spawn(program, parameters, {
    // What the program writes must not break the JSON.
    stdio: ['inherit', json ? process.stderr : 'inherit', 'inherit'],
    env: {
      ...process.env,
      NODE_OPTIONS: `${others === undefined ? '' : `${others} `}--import=${lookInside.href}`,
      TALLYKIT_DOCTOR_REPORTS: folder,
    },
  });
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
    process.off('SIGINT', ignore);
    process.off('SIGTERM', forward);
  }
}

function watchFirstExport(
  folder: string,
  onFirstExport: (programs: readonly Examined[]) => void,
): { close(): void } {
  let isTold = false;
  const watcher = watch(folder, () => {
    void readReports(folder).then((examined) => {
      const isExported = examined.some(({ report }) => report.exporters.some((one) => one.exports > 0));
      if (!isExported || isTold) return;
      isTold = true;
      onFirstExport(examined);
    });
  });
  return {
    close() {
      isTold = true;
      watcher.close();
    },
  };
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
function writeExamined(examined: readonly Examined[], when: string): void {
  const writer = new Writer(process.stderr);
  const ok = examined.every(isWell);
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
