import { diag } from '@opentelemetry/api';
import { visible } from './visible.ts';

type Show = (level: 'error' | 'warn' | 'debug', message: string) => void;

/** Who shows messages where the program has set no logger for `diag`; `@tallykit/node` sets it. */
const WARNINGS = Symbol.for('tallykit.warnings.v1');

/**
 * Logs a message through OpenTelemetry's `diag`. It is always one line: line ends and other invisible characters, which may
 * come from names, tags or a server's answer, are shown as escapes. Never throws, not even when the logger does.
 */
export function log(level: 'error' | 'warn' | 'debug', message: string): void {
  try {
    const text = visible(message);
    (globalThis as { [WARNINGS]?: Show })[WARNINGS]?.(level, text);
    diag[level](text);
  } catch {
    // The logger itself is broken, so there is nobody to tell.
  }
}
