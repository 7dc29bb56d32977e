import type { ShutdownCause } from './options.ts';

/** Nobody else wants to decide what a signal means, so it ends the process, as it does without us. */
function isLeftToUs(signal: NodeJS.Signals): boolean {
  return process.listenerCount(signal) === 0;
}

/**
 * Shuts down at these signals, and when the program has nothing left to do. After a signal the process ends by it, unless
 * the program listens to it as well: then it is only flushed, and shut down when the program ends.
 *
 * @returns takes the hooks away
 */
export function shutDownOn(
  causes: readonly ShutdownCause[],
  { flush, shutdown }: { flush: () => Promise<unknown>; shutdown: () => Promise<unknown> },
): () => void {
  const removals = causes.map((cause) => {
    if (cause === 'beforeExit') {
      const onBeforeExit = (): void => void shutdown();
      process.once(cause, onBeforeExit);
      return () => void process.off(cause, onBeforeExit);
    }
    const onSignal = (): void => {
      process.off(cause, onSignal);
      const isOurs = isLeftToUs(cause);
      // A second signal of the same kind ends the process at once.
      void (isOurs ? shutdown().finally(() => process.kill(process.pid, cause)) : flush());
    };
    process.on(cause, onSignal);
    return () => void process.off(cause, onSignal);
  });
  return () => removals.forEach((remove) => remove());
}
