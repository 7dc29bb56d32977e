import { reasonOf } from './describe.ts';
import { logOnce } from './log-once.ts';
import { shared } from './shared.ts';

/** Makes everybody bind anew: callers at their next call, followers at once. Never throws. */
export function beginGeneration(): void {
  shared.generation += 1;
  for (const follow of shared.followers) {
    try {
      follow();
    } catch (error) {
      logOnce('follow', '', `an observer could not follow to another MeterProvider: ${reasonOf(error)}`);
    }
  }
}
