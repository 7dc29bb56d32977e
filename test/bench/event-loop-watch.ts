import { closeSync, openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

/** A stretch of time, in milliseconds of `performance.now()`. */
export interface Period {
  readonly start: number;
  readonly end: number;
}

/** The longest stretch between two turns of the event loop, in milliseconds. */
export interface LongestBlock {
  /** As it was. */
  readonly whole: number;
  /** Without the garbage collector's pauses, and without the time in which another process had the processor. */
  readonly own: number;
}

interface Block extends Period {
  /** Where the system says it: how long this thread was ready to run and didn't. */
  readonly waited: number;
}

/** Shorter ones are not kept. */
const LEAST_MILLIS = 0.5;

/** A block that reaches so far out of the period still belongs to it as a whole. */
const MARGIN_MILLIS = 1;

/** Linux: nanoseconds that this thread ran, and that it waited for a processor (kernel `Documentation/scheduler/sched-stats`). */
const SCHEDULER_STATISTICS = '/proc/thread-self/schedstat';

/**
 * Looks at the clock in every turn of the event loop. It keeps the loop spinning, so processor time can't be measured
 * meanwhile.
 */
export class EventLoopWatch {
  readonly #blocks: Block[] = [];
  readonly #collections: Period[] = [];
  readonly #scheduler = new Scheduler();
  readonly #observer = new PerformanceObserver((list) => this.#keep(list.getEntries()));
  #isOn = true;
  #began = 0;
  #waited = 0;

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
    this.#beginTurn();
  }

  /** Ends it, and says how to find the longest block of a period. */
  async end(): Promise<(period: Period) => LongestBlock> {
    // The collector's pauses are told a little later.
    for (let turns = 0; turns < 3; turns += 1) await turn();
    this.#isOn = false;
    this.#keep(this.#observer.takeRecords());
    this.#observer.disconnect();
    this.#scheduler.close();
    return (period) => this.#longestOf(period);
  }

  #beginTurn(): void {
    this.#waited = this.#scheduler.waitedMillis();
    this.#began = performance.now();
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    const now = performance.now();
    if (now - this.#began >= LEAST_MILLIS) {
      const waited = this.#scheduler.waitedMillis() - this.#waited;
      this.#blocks.push({ start: this.#began, end: now, waited });
    }
    if (this.#isOn) this.#beginTurn();
  }

  #keep(entries: readonly { readonly startTime: number; readonly duration: number }[]): void {
    for (const { startTime, duration } of entries) {
      this.#collections.push({ start: startTime, end: startTime + duration });
    }
  }

  #longestOf(period: Period): LongestBlock {
    let whole = 0;
    let own = 0;
    for (const block of this.#blocks) {
      const part = overlap(block, period);
      const length = part.end - part.start;
      if (length <= 0) continue;
      const collecting = this.#collections.reduce((sum, collection) => {
        const { start, end } = overlap(collection, part);
        return sum + Math.max(0, end - start);
      }, 0);
      const isWithin = block.start >= period.start - MARGIN_MILLIS && block.end <= period.end + MARGIN_MILLIS;
      whole = Math.max(whole, length);
      own = Math.max(own, length - collecting - (isWithin ? block.waited : 0));
    }
    return { whole, own };
  }
}

function overlap(first: Period, second: Period): Period {
  return { start: Math.max(first.start, second.start), end: Math.min(first.end, second.end) };
}

class Scheduler {
  readonly #buffer = Buffer.alloc(128);
  #file: number | undefined;

  constructor() {
    try {
      this.#file = openSync(SCHEDULER_STATISTICS, 'r');
    } catch {
      // Not Linux: nobody says it.
    }
  }

  waitedMillis(): number {
    if (this.#file === undefined) return 0;
    const length = readSync(this.#file, this.#buffer, 0, this.#buffer.length, 0);
    return Number(this.#buffer.toString('latin1', 0, length).split(' ')[1]) / 1e6;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}
