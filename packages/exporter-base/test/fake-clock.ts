import type { Clock } from '../src/support/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  readonly holdsProcess: boolean;
}

/** Time that passes only when a test says so; turns of the event loop are real, and counted. */
export class FakeClock implements Clock {
  millis = 0;
  turns = 0;
  /** How long the thread was blocked each time. */
  readonly sleeps: number[] = [];
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.millis;
  }

  schedule(millis: number, callback: () => void, holdsProcess = false): () => void {
    // Node fires such a timer after 1 ms, with a warning on standard error.
    if (millis < 0) throw new Error(`a timer of ${millis} ms`);
    const timer = { at: this.millis + millis, callback, holdsProcess };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  turn(): Promise<void> {
    this.turns += 1;
    return new Promise((resolve) => setImmediate(resolve));
  }

  sleep(millis: number): void {
    this.sleeps.push(millis);
    this.millis += millis;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** When timers fire next that don't keep the process alive. */
  get due(): number[] {
    return [...this.#timers].filter(({ holdsProcess }) => !holdsProcess).map(({ at }) => at);
  }

  /** Lets time pass, firing timers in their order. */
  async advance(millis: number): Promise<void> {
    const end = this.millis + millis;
    for (;;) {
      await settle();
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.millis = Math.max(this.millis, next.at);
      next.callback();
    }
    this.millis = end;
    await settle();
  }
}

/** Lets everything that is due happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
