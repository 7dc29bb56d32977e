import cluster, { type Worker } from 'node:cluster';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { settledWithin, systemClock } from '@tallykit/exporter-base';
import type { ShutdownCause } from './options.ts';

/** What is done when the process ends. */
export interface EndActions {
  /** Sends what was recorded, while the program goes on. */
  readonly flush: () => Promise<unknown>;
  /** Flushes for the last time, while calls are still recorded. Ends within its deadline. */
  readonly finish: () => Promise<unknown>;
  /** Sends at once what can be sent so, and says what can't: what is recorded while `finish` waits. */
  readonly flushSync: () => void;
  /** Flushes for the last time, and gives everything back. */
  readonly shutdown: () => Promise<unknown>;
  /** How long the workers of a cluster may take. */
  readonly timeoutMillis: number;
}

/**
 * Sees to it that what was recorded leaves the process before it ends, at these causes.
 *
 * After a signal, the process ends by that signal, as it would have without; as the first process of a container, where the
 * kernel ignores that, with its exit status. Where the program listens to the signal as well, the program decides: metrics are
 * flushed at each arrival, and the signal is raised again only when it arrives and nobody else listens.
 *
 * @returns takes the hooks away
 */
export function endWithProcess(causes: readonly ShutdownCause[], actions: EndActions): () => void {
  const removals: (() => void)[] = [];
  const listen = (event: string, listener: () => void): void => {
    // Before the program's own: a listener that is called once is gone when a later one looks for it.
    process.prependListener(event as NodeJS.Signals, listener);
    removals.push(() => void process.off(event, listener));
  };
  const remove = (): void => removals.splice(0).forEach((removal) => removal());
  let isEnding = false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    await Promise.all([actions.finish(), workersEnd(signal, actions.timeoutMillis)]);
    // From here to the signal everything is in one turn, so that no call is recorded in between.
    actions.flushSync();
    remove();
    raise(signal);
  }

  for (const cause of causes) {
    if (cause === 'beforeExit') listen(cause, () => void actions.shutdown());
    // Signals reach the main thread only.
    else if (isMainThread) {
      listen(cause, () => {
        if (isEnding) return;
        isEnding = !hasForeignListener(cause);
        void (isEnding ? end(cause) : actions.flush());
      });
    }
  }
  return remove;
}

/** Whether somebody besides us listens to the signal and decides about the end of the process. */
function hasForeignListener(signal: NodeJS.Signals): boolean {
  return process.listenerCount(signal) > 1 + signalExitListeners();
}

interface SignalExitEmitter {
  readonly count?: number;
}

/**
 * How many listeners the package signal-exit has for each signal, which end the process only when nobody else listens. Its
 * version 3 counts them at `process`, version 4 at a global symbol.
 */
function signalExitListeners(): number {
  const { __signal_exit_emitter__: third } = process as {
    readonly __signal_exit_emitter__?: SignalExitEmitter;
  };
  const fourth = (globalThis as Record<symbol, SignalExitEmitter | undefined>)[
    Symbol.for('signal-exit emitter')
  ];
  return (third?.count ?? 0) + (fourth?.count ?? 0);
}

/** Ends the process by the signal. */
function raise(signal: NodeJS.Signals): void {
  // The kernel ignores signals to the first process of a container that it has no listener for.
  if (process.pid === 1) process.exit(128 + constants.signals[signal]);
  process.kill(process.pid, signal);
}

/** The workers of a cluster end with their primary, at once. So they get the signal first, and are waited for. */
async function workersEnd(signal: NodeJS.Signals, timeoutMillis: number): Promise<void> {
  const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  if (workers.length === 0) return;
  await settledWithin(systemClock, timeoutMillis, Promise.all(workers.map((worker) => ends(worker, signal))));
}

async function ends(worker: Worker, signal: NodeJS.Signals): Promise<void> {
  if (worker.isDead()) return;
  const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
  worker.process.kill(signal);
  await ended;
}
