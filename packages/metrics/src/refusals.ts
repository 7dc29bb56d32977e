import { diag } from '@opentelemetry/api';
import type { Registry } from './registry.ts';
import { shared } from './shared.ts';
import { visible } from './visible.ts';

/**
 * Why a call was not recorded.
 *
 * - `not-a-number`: the value isn't a number
 * - `not-finite`: NaN or an infinity
 * - `negative`: a negative value for `incr`, `timing` or `distribution`
 * - `bad-name`: no text, empty, or over 255 characters with its prefix
 * - `kind-conflict`: the name already belongs to a metric of another kind
 * - `too-many-metrics`: there are `maxMetrics` names already
 * - `no-provider`: too many values were recorded before a MeterProvider was registered
 * - `no-event-backend`: an event, and no backend that knows events
 * - `error`: a getter, a callback, a listener or the SDK threw
 */
export type RefusalCause =
  | 'not-a-number'
  | 'not-finite'
  | 'negative'
  | 'bad-name'
  | 'kind-conflict'
  | 'too-many-metrics'
  | 'no-provider'
  | 'no-event-backend'
  | 'error';

const log = diag.createComponentLogger({ namespace: '@tallykit/metrics' });

/** What has been said must not fill the memory of a process that names its metrics after its users. */
const MAX_SAID = 1_000;

/** Whether `sayOnce` would still warn: for messages that are dear to make. */
export function isNews(key: string): boolean {
  return !shared.said.has(key) && shared.said.size < MAX_SAID;
}

/** Warns the first time, and speaks at debug level from then on. */
export function sayOnce(key: string, message: string): void {
  try {
    const line = visible(message);
    if (isNews(key)) {
      shared.said.add(key);
      log.warn(line);
    } else {
      log.debug(line);
    }
  } catch {
    // A logger that throws must not reach the caller, and there is nobody left to tell.
  }
}

/** Counts calls that could not be recorded, and says so once: for each cause, or for each thing it is about. */
export function refuse(
  registry: Registry,
  cause: RefusalCause,
  message: string,
  { calls = 1, about = '' }: { readonly calls?: number; readonly about?: string } = {},
): void {
  registry.refused[cause] = (registry.refused[cause] ?? 0) + calls;
  sayOnce(`${cause} ${about}`, message);
}

/** A text that is safe to log, whatever was handed in. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return visible(value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return String(value);
  }
}

/** The message of whatever was thrown; even reading it may throw. */
export function reason(error: unknown): string {
  try {
    return error instanceof Error ? describe(error.message) : describe(error);
  } catch {
    return 'an error that cannot be read';
  }
}
