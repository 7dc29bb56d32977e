import { diag } from '@opentelemetry/api';
import { shared } from './shared.ts';
import { visible } from './visible.ts';

const log = diag.createComponentLogger({ namespace: '@tallykit/metrics' });

/**
 * So many keys are remembered. Some keys hold the name of a metric, and a process that makes metric names from the names of
 * its users must not fill its memory with them.
 */
const MAX_LOGGED = 1_000;

/** Whether `logOnce` would log a warning for this key. To be asked before a message is made that costs much time. */
export function isFirstTime(key: string): boolean {
  return !shared.logged.has(key) && shared.logged.size < MAX_LOGGED;
}

/** Logs a warning the first time that it is called with this key, and at debug level after that. Never throws. */
export function logOnce(key: string, message: string): void {
  try {
    const line = visible(message);
    if (isFirstTime(key)) {
      shared.logged.add(key);
      log.warn(line);
    } else {
      log.debug(line);
    }
  } catch {
    // The program's logger threw. That must not reach the caller of a recording verb.
  }
}
