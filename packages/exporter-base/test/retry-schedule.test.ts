import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RetrySchedule, type Attempt } from '../src/delivery/retry-schedule.ts';
import { FakeClock } from './fake-clock.ts';

const FAILED: Attempt = { isRetry: true, isBlocked: true, hasDelivered: false, retryAfterMillis: 0 };

let clock: FakeClock;
let schedule: RetrySchedule;

beforeEach(() => {
  // The longest wait that the jitter gives.
  vi.spyOn(Math, 'random').mockReturnValue(1);
  clock = new FakeClock();
  schedule = new RetrySchedule(clock);
  return () => vi.restoreAllMocks();
});

/** After how many milliseconds the next attempt would begin. */
function wait(): number {
  schedule.planRetry(() => undefined);
  const [due] = clock.due;
  schedule.cancel();
  return due! - clock.millis;
}

describe('the wait for the next attempt', () => {
  it('grows with each attempt of our own that fails, up to a longest one', () => {
    const waits = Array.from({ length: 12 }, () => {
      const millis = wait();
      schedule.attempted(FAILED);
      return millis;
    });
    const [first] = waits;
    expect(waits.slice(0, 4)).toEqual([first, 2 * first!, 4 * first!, 8 * first!]);
    expect(waits.at(-1)).toBe(waits.at(-2));
  });

  it('does not grow with exports that fail', () => {
    const first = wait();
    schedule.attempted({ ...FAILED, isRetry: false });
    expect(wait()).toBe(first);
  });

  it('stays long while a part of what is sent is blocked, and is short again when all is taken', () => {
    const first = wait();
    for (let attempt = 0; attempt < 3; attempt += 1) schedule.attempted(FAILED);
    schedule.attempted({ ...FAILED, isRetry: false, hasDelivered: true });
    expect(wait()).toBe(8 * first);
    schedule.attempted({ ...FAILED, isBlocked: false });
    expect(wait()).toBe(8 * first);
    schedule.attempted({ ...FAILED, isBlocked: false, hasDelivered: true });
    expect(wait()).toBe(first);
  });

  it('is as long as the server wants, and is over to the millisecond', async () => {
    schedule.attempted({ ...FAILED, retryAfterMillis: 7000 });
    expect(wait()).toBe(7000);
    await clock.advance(6999);
    expect([schedule.mustWait, wait()]).toEqual([true, expect.any(Number)]);
    await clock.advance(1);
    expect(schedule.mustWait).toBe(false);
  });
});
