import { types } from 'node:util';
import { standInFor } from './stand-in.ts';
import { endBadly, endWell } from './timer.ts';
import type { Timer } from './timer.ts';

type AnyGenerator = Generator | AsyncGenerator;
type Result = IteratorResult<unknown>;

/** Whether it is a generator of either kind. Compiled ones for older targets are objects with the same methods. */
export function isGenerator(value: object): value is AnyGenerator {
  if (types.isGeneratorObject(value)) return true;
  const { next, return: end, throw: fail } = value as Partial<AnyGenerator>;
  const isIterable = Symbol.asyncIterator in value || Symbol.iterator in value;
  return isIterable && [next, end, fail].every((method) => typeof method === 'function');
}

/** Times a generator until it is consumed, which a `break` ends well too. One that is never consumed records nothing. */
export function followGenerator(returned: AnyGenerator, timer: Timer): unknown {
  const watched =
    (method: 'next' | 'return' | 'throw') =>
    (...args: [unknown]): unknown => {
      let result: Result | Promise<Result>;
      try {
        result = (returned[method] as (...values: unknown[]) => Result | Promise<Result>)(...args);
      } catch (error) {
        endBadly(timer, error);
        throw error;
      }
      return types.isPromise(result) ? result.then(seen, failed) : seen(result);
    };
  const seen = (result: Result): Result => {
    if ((result as Result | undefined)?.done === true) endWell(timer);
    return result;
  };
  const failed = (error: unknown): never => {
    endBadly(timer, error);
    throw error;
  };
  const standIn = standInFor(returned, {
    next: watched('next'),
    return: watched('return'),
    throw: watched('throw'),
  });
  if (standIn === undefined) endWell(timer);
  return standIn;
}
