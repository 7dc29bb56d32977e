import { diag } from '@opentelemetry/api';

/** Says something through OpenTelemetry's `diag`. A logger that throws breaks no export. */
export function say(level: 'error' | 'warn' | 'debug', message: string): void {
  try {
    diag[level](message);
  } catch {
    // Whom could it be said to?
  }
}
