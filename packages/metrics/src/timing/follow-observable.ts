import { endBadly, endWell } from './timer.ts';
import type { Timer } from './timer.ts';

interface Observer {
  next?(value: unknown): unknown;
  error?(error: unknown): unknown;
  complete?(): unknown;
}

/** A `Subscriber` of RxJS: an observer that is told of its end, however that comes. */
interface Subscriber extends Observer {
  add(teardown: () => void): unknown;
}

interface Observable {
  subscribe(...args: unknown[]): unknown;
}

/** Whether it is an observable: RxJS's by its `pipe`, others by the symbol that they have agreed on. */
export function isObservable(value: object): value is Observable {
  const { subscribe, pipe } = value as Record<string, unknown>;
  if (typeof subscribe !== 'function') return false;
  if (typeof pipe === 'function') return true;
  const symbol = (Symbol as { observable?: symbol }).observable ?? '@@observable';
  const self = (value as Record<PropertyKey, unknown>)[symbol];
  return typeof self === 'function' && self.call(value) === value;
}

/**
 * Times each subscription of an observable, until it completes, fails, or is ended. Operators of RxJS keep the object on which
 * they are called and subscribe to it later, so here the stand-in passes itself on.
 *
 * @param start makes a timer for one subscription
 */
export function followObservable(observable: Observable, start: () => Timer): unknown {
  return new Proxy(observable, {
    get(target, member, receiver) {
      if (member !== 'subscribe') return Reflect.get(target, member, receiver) as unknown;
      return (...args: unknown[]) => subscribeTo(target, args, start());
    },
  });
}

function subscribeTo(observable: Observable, args: unknown[], timer: Timer): unknown {
  const [first] = args;
  if (isSubscriber(first)) {
    // An operator's own. It must be passed on itself, because the source asks it whether it is closed.
    const fail = first.error?.bind(first);
    first.error = (error) => {
      endBadly(timer, error);
      return fail?.(error);
    };
    first.add(() => endWell(timer));
    return observable.subscribe(...args);
  }
  const observer = observerOf(args);
  const subscription = observable.subscribe({
    next: (value: unknown) => observer.next?.(value),
    error(error: unknown) {
      endBadly(timer, error);
      // Where nobody handles the error, the library reports what an observer throws.
      if (observer.error === undefined) throw error;
      return observer.error(error);
    },
    complete() {
      endWell(timer);
      return observer.complete?.();
    },
  });
  watchEnd(subscription, timer);
  return subscription;
}

function isSubscriber(value: unknown): value is Subscriber {
  return typeof value === 'object' && value !== null && 'closed' in value && 'add' in value;
}

function observerOf([first, error, complete]: unknown[]): Observer {
  if (typeof first === 'object' && first !== null) return first;
  return { next: first, error, complete } as Observer;
}

/** Sees the end of a subscription that comes from the subscriber. */
function watchEnd(subscription: unknown, timer: Timer): void {
  const { unsubscribe } = (subscription ?? {}) as { unsubscribe?: unknown };
  if (typeof unsubscribe !== 'function') return;
  Object.defineProperty(subscription, 'unsubscribe', {
    configurable: true,
    writable: true,
    value(...args: unknown[]): unknown {
      endWell(timer);
      return unsubscribe.apply(subscription, args) as unknown;
    },
  });
}
