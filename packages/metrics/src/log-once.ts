import { diag } from '@opentelemetry/api';
import { shared } from './shared.ts';
import { visible } from './visible.ts';

const NAMESPACE = '@tallykit/metrics';
const logger = diag.createComponentLogger({ namespace: NAMESPACE });

type Show = (level: 'warn' | 'debug', message: string) => void;

/** Who shows messages where the program has set no logger for `diag`; `@tallykit/node` sets it. */
const WARNINGS = Symbol.for('tallykit.warnings.v1');

/**
 * So many metrics are remembered for each topic. A process that makes metric names from the names of its users must not fill
 * its memory with them.
 */
const MAX_LOGGED = 1_000;

/** Whether `logOnce` would log a warning. To be asked before a message is made that costs much time. */
export function isFirstTime(topic: string, about: string): boolean {
  const logged = shared.logged.get(topic);
  return logged === undefined || (!logged.has(about) && logged.size < MAX_LOGGED);
}

/**
 * Logs a warning the first time that it is called with this topic and this `about`, and at debug level after that. Never
 * throws.
 *
 * @param topic one of a small number of texts
 * @param about what the warning is about, such as the name of a metric; empty if the topic says it all
 */
export function logOnce(topic: string, about: string, message: string): void {
  try {
    const line = visible(message);
    if (isFirstTime(topic, about)) {
      const logged = shared.logged.get(topic) ?? new Set();
      shared.logged.set(topic, logged.add(about));
      log('warn', line);
    } else {
      log('debug', line);
    }
  } catch {
    // The program's logger threw. That must not reach the caller of a recording verb.
  }
}

function log(level: 'warn' | 'debug', line: string): void {
  (globalThis as { [WARNINGS]?: Show })[WARNINGS]?.(level, `${NAMESPACE}: ${line}`);
  logger[level](line);
}
