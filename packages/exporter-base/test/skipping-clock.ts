import { performance } from 'node:perf_hooks';
import type { Clock } from '../src/support/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** How often it is looked whether the process has something to do. */
const CHECK_MILLIS = 2;

/** So long without anything to do, nothing is under way between the sockets of one process. */
const IDLE_MILLIS = 1;

/**
 * The time of the machine, without the waiting: when the process has nothing else to do, the next timer fires. For tests with
 * real sockets, whose both ends are in this process. A machine that is busy makes it slower, and changes nothing else.
 */
export class SkippingClock implements Clock {
  #skippedMillis = 0;
  readonly #timers = new Set<Timer>();
  #isChecking = false;

  now(): number {
    return performance.now() + this.#skippedMillis;
  }

  schedule(millis: number, callback: () => void): () => void {
    const timer = { at: this.now() + millis, callback };
    this.#timers.add(timer);
    this.#check();
    return () => this.#timers.delete(timer);
  }

  turn(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  sleep(millis: number): void {
    this.#skippedMillis += millis;
  }

  #check(): void {
    if (this.#isChecking || this.#timers.size === 0) return;
    this.#isChecking = true;
    const { idle } = performance.eventLoopUtilization();
    setTimeout(() => {
      this.#isChecking = false;
      const next = [...this.#timers].sort((one, other) => one.at - other.at)[0];
      const isIdle = performance.eventLoopUtilization().idle - idle >= IDLE_MILLIS;
      if (next && (isIdle || next.at <= this.now())) {
        this.#timers.delete(next);
        this.#skippedMillis += Math.max(0, next.at - this.now());
        next.callback();
      }
      this.#check();
    }, CHECK_MILLIS);
  }
}
