import { AssertionError } from 'node:assert';
import { IdleTime } from './idle-time.ts';

/** How often it is checked whether the time is over. */
const CHECK_INTERVAL_MILLIS = 50;

/**
 * Waits for `work`, and fails when it takes longer than `millis` of idle time.
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
  const idle = new IdleTime();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const passed = idle.passed();
      waited = progress() === seen ? waited + passed : 0;
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
