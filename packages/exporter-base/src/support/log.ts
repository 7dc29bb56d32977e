import { diag } from '@opentelemetry/api';
import { visible } from './visible.ts';

/**
 * Logs a message through OpenTelemetry's `diag`. It is always one line: line ends and other invisible characters, which may
 * come from names, tags or a server's answer, are shown as escapes. Never throws, not even when the logger does.
 */
export function log(level: 'error' | 'warn' | 'debug', message: string): void {
  try {
    diag[level](visible(message));
  } catch {
    // The logger itself is broken, so there is nobody to tell.
  }
}
