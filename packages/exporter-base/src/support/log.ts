import { diag } from '@opentelemetry/api';
import { visible } from './visible.ts';

/**
 * Says something through OpenTelemetry's `diag`, in one line, whatever the names, tags and answers of others in it hold. A
 * logger that throws breaks no export.
 */
export function log(level: 'error' | 'warn' | 'debug', message: string): void {
  try {
    diag[level](visible(message));
  } catch {
    // Whom could it be said to?
  }
}
