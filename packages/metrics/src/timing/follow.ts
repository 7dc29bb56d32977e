import { followGenerator, isGenerator } from './follow-generator.ts';
import { followObservable, isObservable } from './follow-observable.ts';
import { followThenable, isThenable } from './follow-promise.ts';
import { followStream, isFreshStream } from './follow-stream.ts';
import { endBadly, endWell } from './timer.ts';
import type { Timer } from './timer.ts';

/**
 * Calls a function and records the time until its work is done. What the function returns decides when that is: a promise
 * until it settles, a generator until it is consumed, a stream until it closes, an observable for each subscription, and
 * anything else at once.
 *
 * @param start makes a timer, which starts at once
 * @returns what the function returns, or what stands for it so that its end is seen
 * @throws what the function throws
 */
export function timeWork<T>(start: () => Timer, work: (timer: Timer) => T): T {
  const timer = start();
  let returned: T;
  try {
    returned = work(timer);
  } catch (error) {
    endBadly(timer, error);
    throw error;
  }
  return (follow(returned, timer, start) ?? returned) as T;
}

/** Makes an object, and records the time until it is made. */
export function timeConstruction(start: () => Timer, construct: () => object): object {
  const timer = start();
  try {
    const made = construct();
    endWell(timer);
    return made;
  } catch (error) {
    endBadly(timer, error);
    throw error;
  }
}

/** @returns what to hand to the caller in place of `returned`, if it is not the same */
function follow(returned: unknown, timer: Timer, start: () => Timer): unknown {
  try {
    if ((typeof returned === 'object' && returned !== null) || typeof returned === 'function') {
      if (isThenable(returned)) return followThenable(returned, timer);
      if (isGenerator(returned)) return followGenerator(returned, timer);
      if (isFreshStream(returned)) return followStream(returned, timer);
      if (isObservable(returned)) return followObservable(returned, start);
    }
  } catch {
    // It is an object that throws when it is looked at, such as a revoked proxy. There is nothing to follow.
  }
  endWell(timer);
  return undefined;
}
