import { errorMonitor } from 'node:events';
import type { EventEmitter } from 'node:events';
import { endBadly, endWell } from './timer.ts';
import type { Timer } from './timer.ts';

/** Streams that are timed already. One that is returned again and again must not get more and more listeners. */
const followed = new WeakSet();

/** Whether it is a stream of Node that is open and not timed yet. */
export function isFreshStream(value: object): value is EventEmitter {
  const { once, pipe, write, end, closed, destroyed } = value as Record<string, unknown>;
  const isStream =
    typeof once === 'function' &&
    (typeof pipe === 'function' || (typeof write === 'function' && typeof end === 'function'));
  return isStream && closed !== true && destroyed !== true && !followed.has(value);
}

/** Times a stream until it closes. The caller gets the same object: only listeners are added, which handle no error. */
export function followStream(stream: EventEmitter, timer: Timer): undefined {
  followed.add(stream);
  stream.once(errorMonitor, (error: unknown) => endBadly(timer, error));
  stream.once('close', () => endWell(timer));
}
