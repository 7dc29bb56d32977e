import { performance } from 'node:perf_hooks';
import { ReportedError, settledWithin, systemClock, type FlushReport } from '@tallykit/exporter-base';
import type { Backend } from './backend.ts';

/** What a `flush` or a `shutdown` found out, for each backend by its name. */
export type FlushReports = Readonly<Record<string, FlushReport>>;

/** Returns how much time is left, in milliseconds. */
export type Deadline = () => number;

export function deadlineIn(timeoutMillis: number): Deadline {
  const end = performance.now() + timeoutMillis;
  return () => Math.max(end - performance.now(), 0);
}

/**
 * Collects what was recorded, and hands it to the exporters.
 *
 * @returns the backends that didn't get everything in time
 */
export function collectFor(backends: readonly Backend[], deadline: Deadline): Promise<ReadonlySet<Backend>> {
  return lateOf(backends, deadline, async ({ reader }) => reader?.forceFlush());
}

/**
 * Collects for the last time, hands it to the exporters, and ends them.
 *
 * @returns the backends that didn't get everything in time
 */
export async function shutDownAll(
  backends: readonly Backend[],
  deadline: Deadline,
): Promise<ReadonlySet<Backend>> {
  const late = await lateOf(backends, deadline, async ({ reader }) => reader?.shutdown());
  // It ends by itself in time, and what is late then is counted.
  await Promise.all(backends.map(async (backend) => backend.shutdown?.({ timeoutMillis: deadline() })));
  return late;
}

async function lateOf(
  backends: readonly Backend[],
  deadline: Deadline,
  work: (backend: Backend) => Promise<void>,
): Promise<ReadonlySet<Backend>> {
  const late = new Set<Backend>();
  const works = backends.map(async (backend) => {
    if (!(await settledWithin(systemClock, deadline(), work(backend)))) late.add(backend);
  });
  await Promise.all(works);
  return late;
}

/** What became of everything. A backend that was late has an error more. */
export async function reportsOf(
  backends: readonly Backend[],
  late: ReadonlySet<Backend>,
  deadline: Deadline,
): Promise<FlushReports> {
  const reports = backends.map(async (backend) => {
    const report = await backend.flush({ timeoutMillis: deadline() });
    if (!late.has(backend)) return [backend.key, report] as const;
    const error = new ReportedError(
      `${backend.key}: the time was up before everything was collected and sent`,
    );
    return [backend.key, { ...report, errors: [...report.errors, error] }] as const;
  });
  return Object.fromEntries(await Promise.all(reports));
}
