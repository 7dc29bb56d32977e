import { AssertionError } from 'node:assert';
import { performance } from 'node:perf_hooks';

/** How often it is checked whether the time is over. */
const CHECK_INTERVAL_MILLIS = 10;

/** How many milliseconds the event loop has had nothing to do since the process began. */
export function idleMillis(): number {
  return performance.eventLoopUtilization().idle;
}

/**
 * Waits for `work`, and fails when it takes longer than `millis`. Only time in which the event loop had nothing to do counts: a
 * slow machine needs longer to compute, but not to wait.
 *
 * @param what is waited for, for the message
 * @param since the value of {@link idleMillis} from which the time counts again, for instance when data arrived
 */
export async function withinIdleTime<Result>(
  work: Promise<Result>,
  what: string,
  millis: number,
  since: () => number,
): Promise<Result> {
  const begun = idleMillis();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (idleMillis() - Math.max(begun, since()) < millis) return;
      reject(new AssertionError({ message: `waited ${millis} ms for ${what}` }));
    }, CHECK_INTERVAL_MILLIS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearInterval(timer);
  }
}
