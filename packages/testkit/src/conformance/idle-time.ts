import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';

/** What part of a wait counts on a machine that is never idle. */
const PART_WHILE_BUSY = 1 / 4;

/**
 * Measures for how long this process has nothing to do. Time in which the machine is busy counts for a quarter: a slow machine
 * needs longer to compute, but not to wait.
 */
export class IdleTime {
  #loop = loopIdleMillis();
  #machine = machineIdleMillis();

  /** How many milliseconds since the last call. Systems count what a processor does in steps of 10 ms or so. */
  passed(): number {
    const [lastLoop, lastMachine] = [this.#loop, this.#machine];
    this.#loop = loopIdleMillis();
    this.#machine = machineIdleMillis();
    const idle = this.#loop - lastLoop;
    return Math.min(idle, Math.max(this.#machine - lastMachine, idle * PART_WHILE_BUSY));
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
