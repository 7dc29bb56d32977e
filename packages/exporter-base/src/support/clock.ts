import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

// Node's own timers, taken when this module is loaded. A test framework may replace the global ones, and then a flush would wait for ever.
const { clearTimeout, setImmediate, setTimeout } = timers;
const now = performance.now.bind(performance);

/** The source of time and timers. Tests pass one that they move themselves, so that they need not wait. */
export interface Clock {
  /** Milliseconds since some moment, never going back. */
  now(): number;
  /**
   * Calls back once after so many milliseconds. Call the result to cancel it. A timer keeps the process alive only if it
   * `holdsProcess`, which is for deadlines that a caller of `flush` or `shutdown` waits for.
   */
  schedule(millis: number, callback: () => void, holdsProcess?: boolean): () => void;
  /** Resolves after everything else that waits in the event loop had its turn. */
  turn(): Promise<void>;
  /** Blocks the thread for so many milliseconds. Only for the end of a process, where nothing else can be waited for. */
  sleep(millis: number): void;
}

/** The machine's own monotonic clock, with timers that don't keep the process alive. */
export const systemClock: Clock = {
  now: () => now(),
  schedule(millis, callback, holdsProcess = false) {
    const timer = setTimeout(callback, millis);
    if (!holdsProcess) timer.unref();
    return () => clearTimeout(timer);
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
  sleep: (millis) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis),
};

/** Resolves after so many milliseconds. Keeps the process alive only when it `holdsProcess`. */
export function wait(clock: Clock, millis: number, holdsProcess = false): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(millis, resolve, holdsProcess);
  });
}

/**
 * Whether the promise settled within the time. Keeps the process alive while it waits, so that
 * `await provider.shutdown()` as a program's last line is not cut off.
 */
export async function settledWithin(clock: Clock, millis: number, work: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.schedule(millis, () => resolve(false), true);
  });
  const settled = work.then(
    () => true,
    () => true,
  );
  const result = await Promise.race([settled, late]);
  cancel();
  return result;
}
