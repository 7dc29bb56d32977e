import { AssertionError } from 'node:assert';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

/** How often it is checked whether the time is over. Systems count what a processor does in steps of 10 ms or so. */
const CHECK_INTERVAL_MILLIS = 50;

/** How many times as long the wait is on a machine that is never idle. */
const PATIENCE_WHILE_BUSY = 4;

/**
 * Waits for `work`, and fails when it takes longer than `millis`. Time in which this process has something to do doesn't count,
 * and time in which the machine is busy counts for a quarter: a slow machine needs longer to compute, but not to wait.
 *
 * @param what is waited for, for the message
 * @param progress a number that changes when there was progress; then the time begins anew
 */
export async function withinIdleTime<Result>(
  work: Promise<Result>,
  what: string,
  millis: number,
  progress: () => number,
): Promise<Result> {
  let waited = 0;
  let seen = progress();
  let loop = loopIdleMillis();
  let machine = machineIdleMillis();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const [lastLoop, lastMachine] = [loop, machine];
      loop = loopIdleMillis();
      machine = machineIdleMillis();
      const idle = loop - lastLoop;
      if (progress() === seen)
        waited += Math.min(idle, Math.max(machine - lastMachine, idle / PATIENCE_WHILE_BUSY));
      else waited = 0;
      seen = progress();
      if (waited < millis) return;
      reject(new AssertionError({ message: `waited ${millis} ms for ${what}` }));
    }, CHECK_INTERVAL_MILLIS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearInterval(timer);
  }
}

/** How many milliseconds the event loop has had nothing to do since the process began. */
function loopIdleMillis(): number {
  return performance.eventLoopUtilization().idle;
}

/** How many milliseconds a processor has had nothing to do, as the mean of all. Where the system doesn't say it, all of them. */
function machineIdleMillis(): number {
  const all = cpus();
  if (all.length === 0) return performance.now();
  return all.reduce((sum, { times }) => sum + times.idle, 0) / all.length;
}
