import { vi } from 'vitest';

/** Waits until a check passes, and returns what it returns. Only what is broken makes it wait until the time is up. */
export function until<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 200_000, interval: 20 });
}
