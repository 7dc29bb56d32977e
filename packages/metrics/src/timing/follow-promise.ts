import { types } from 'node:util';
import { standInFor } from './stand-in.ts';
import { endBadly, endWell } from './timer.ts';
import type { Timer } from './timer.ts';

type Then = PromiseLike<unknown>['then'];

export function isThenable(value: object): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown }).then === 'function';
}

/**
 * Times a promise until it settles. The caller gets the promise that `then` makes: if it rejects and nobody handles it, Node
 * reports it once, as it would have reported the function's own. What is more than a promise is replaced by a stand-in, whose
 * `then`, `catch` and `finally` are those of that promise.
 */
export function followThenable(returned: PromiseLike<unknown>, timer: Timer): unknown {
  if (!types.isPromise(returned)) return followLazily(returned, timer);
  if (isPlain(returned)) return settled(returned, timer);
  const derived = settled(returned, timer);
  return standInWith(returned, () => derived) ?? returned;
}

/**
 * A thenable that is no promise may begin its work when `then` is called, and again at each call, as query builders do. So
 * its `then` is called at the first `then` of the caller, and only once.
 */
function followLazily(returned: PromiseLike<unknown>, timer: Timer): unknown {
  let derived: Promise<unknown> | undefined;
  const standIn = standInWith(
    returned,
    () => (derived ??= settled(new Promise((resolve, reject) => returned.then(resolve, reject)), timer)),
  );
  if (standIn === undefined) endWell(timer);
  return standIn;
}

function settled(promise: Promise<unknown>, timer: Timer): Promise<unknown> {
  return promise.then(
    (value) => {
      endWell(timer);
      return value;
    },
    (error: unknown) => {
      endBadly(timer, error);
      throw error;
    },
  );
}

function standInWith(returned: PromiseLike<unknown>, derived: () => Promise<unknown>): unknown {
  return standInFor(returned, {
    // oxlint-disable-next-line unicorn/no-thenable
    then: (...args: Parameters<Then>) => derived().then(...args),
    catch: (...args: Parameters<Promise<unknown>['catch']>) => derived().catch(...args),
    finally: (...args: Parameters<Promise<unknown>['finally']>) => derived().finally(...args),
  });
}

/** Whether it is a promise and nothing more, also one of another realm, such as Node's own in a test of Jest. */
function isPlain(promise: object): boolean {
  const parent: unknown = Object.getPrototypeOf(promise);
  if (typeof parent !== 'object' || parent === null || Reflect.ownKeys(promise).length > 0) return false;
  const root: unknown = Object.getPrototypeOf(parent);
  return typeof root === 'object' && root !== null && Object.getPrototypeOf(root) === null;
}
