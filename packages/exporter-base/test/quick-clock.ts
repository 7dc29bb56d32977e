import { IdleTime } from '../../testkit/src/conformance/idle-time.ts';
import type { Clock } from '../src/support/clock.ts';

/** How many times as fast the time passes in which there is nothing to do. */
const SPEED = 20;
const TICK_MILLIS = 5;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * The machine's clock, but for one thing: time in which this process and the machine have nothing to do passes quickly. So an
 * exporter with real sockets need not be waited for, and a busy machine has as much time as it needs.
 */
class QuickClock implements Clock {
  readonly #real: Clock;
  readonly #idle = new IdleTime();
  readonly #timers = new Set<Timer>();
  #ticking: NodeJS.Timeout | undefined;
  #skipped = 0;

  constructor(real: Clock) {
    this.#real = real;
  }

  now(): number {
    this.#skipped += (SPEED - 1) * this.#idle.passed();
    return this.#real.now() + this.#skipped;
  }

  schedule(millis: number, callback: () => void): () => void {
    const timer: Timer = { at: this.now() + millis, callback };
    this.#timers.add(timer);
    this.#ticking ??= setInterval(() => this.#tick(), TICK_MILLIS);
    return () => this.#cancel(timer);
  }

  turn(): Promise<void> {
    return this.#real.turn();
  }

  sleep(millis: number): void {
    this.#real.sleep(millis);
  }

  #tick(): void {
    const now = this.now();
    const due = [...this.#timers].filter(({ at }) => at <= now).sort((one, other) => one.at - other.at);
    for (const timer of due) {
      // One that fired before may have cancelled it.
      if (this.#cancel(timer)) timer.callback();
    }
  }

  #cancel(timer: Timer): boolean {
    const wasThere = this.#timers.delete(timer);
    if (this.#timers.size === 0) {
      clearInterval(this.#ticking);
      this.#ticking = undefined;
    }
    return wasThere;
  }
}

/**
 * The module of the clock with a quick one, for `vi.mock`.
 *
 * @example
 * vi.mock('../../exporter-base/src/support/clock.ts', async (original) =>
 *   (await import('../../exporter-base/test/quick-clock.ts')).withQuickClock(original),
 * );
 */
export async function withQuickClock(
  importOriginal: () => Promise<unknown>,
): Promise<typeof import('../src/support/clock.ts')> {
  const original = (await importOriginal()) as typeof import('../src/support/clock.ts');
  return { ...original, systemClock: new QuickClock(original.systemClock) };
}
