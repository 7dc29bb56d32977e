import type { Clock } from '../src/clock.ts';

/** Time that passes only when a test says so; turns of the event loop are real, and counted. */
export class FakeClock implements Clock {
  millis = 0;
  turns = 0;
  readonly #timers = new Map<object, { at: number; callback: () => void }>();

  now(): number {
    return this.millis;
  }

  schedule(millis: number, callback: () => void): () => void {
    const timer = {};
    this.#timers.set(timer, { at: this.millis + millis, callback });
    return () => this.#timers.delete(timer);
  }

  turn(): Promise<void> {
    this.turns += 1;
    return new Promise((resolve) => setImmediate(resolve));
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, firing timers in their order. */
  async advance(millis: number): Promise<void> {
    const end = this.millis + millis;
    for (;;) {
      await settle();
      const next = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next[0]);
      this.millis = Math.max(this.millis, next[1].at);
      next[1].callback();
    }
    this.millis = end;
    await settle();
  }
}

/** Lets everything that is due happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
