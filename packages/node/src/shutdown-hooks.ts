import type { ShutdownCause } from './options.ts';

/** Whether the program listens to a signal as well, once our listener is gone. */
function hasListener(signal: NodeJS.Signals): boolean {
  return process.listenerCount(signal) > 0;
}

/**
 * Shuts down at these signals, and when the program has nothing left to do. After that, the signal ends the process. Where
 * the program listens to the signal as well, metrics are only flushed, because the program goes on.
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
      // Our listener is gone, so a second signal of the same kind ends the process at once.
      void (hasListener(cause) ? flush() : shutdown().finally(() => process.kill(process.pid, cause)));
    };
    process.on(cause, onSignal);
    return () => void process.off(cause, onSignal);
  });
  return () => removals.forEach((remove) => remove());
}
