import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartMetricsOptions } from '@tallykit/node';
import { Child } from './child.ts';
import { DEADLINE_MILLIS, FEW_DESCRIPTORS, ProgramFaults } from './program-faults.ts';
import type { RecorderRequest } from './recorder-program.ts';
import { Hosts, startTarget, type Kind, type Target } from './targets.ts';

/** A program that records, and where it sends to. */
export interface Rig extends AsyncDisposable {
  readonly recorder: Child<RecorderRequest>;
  readonly target: Target;
  readonly faults: ProgramFaults;
  readonly knowsEvents: boolean;
}

/** Starts everything. */
export async function startRig(kind: Kind): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  const hosts = new Hosts(folder);
  const target = await startTarget(kind, folder, 'metrics.test', hosts);
  const { name, options } = target.exporter;
  const recorderOptions: StartMetricsOptions = {
    backend: name,
    options: { ...options, processTag: false, timeoutMillis: DEADLINE_MILLIS },
    // Exports are asked for.
    exportIntervalMillis: 3_600_000,
    shutdownTimeoutMillis: 10_000,
  };
  const recorder = new Child<RecorderRequest>('recorder-program.ts', {
    environment: { RECORDER_OPTIONS: JSON.stringify(recorderOptions), CHAOS_HOSTS: hosts.file },
    nodeOptions: ['--import', new URL('hosts.mjs', import.meta.url).href],
    through: FEW_DESCRIPTORS,
  });
  await recorder.reply();
  return {
    recorder,
    target,
    faults: new ProgramFaults((request) => recorder.ask(request)),
    knowsEvents: name !== 'statsd',
    async [Symbol.asyncDispose]() {
      await recorder.kill();
      await target[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
