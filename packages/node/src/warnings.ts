import { DiagLogLevel } from '@opentelemetry/api';
import type { Variables } from './options.ts';

/** Where all packages of Tallykit look for somebody who shows their messages. */
const WARNINGS = Symbol.for('tallykit.warnings.v1');

/** Where `@opentelemetry/api` keeps what is registered globally. */
const API = Symbol.for('opentelemetry.js.api.1');

type Level = 'error' | 'warn' | 'debug';

const LEVELS: Readonly<Record<Level, DiagLogLevel>> = {
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  debug: DiagLogLevel.DEBUG,
};

/**
 * Shows the messages of all packages on standard error where the program has set no logger for `diag` at that moment;
 * `OTEL_LOG_LEVEL` decides which, by default warnings and errors. No logger is registered for that: the program's own
 * `diag.setLogger` would complain that it replaces one.
 */
export function showWarnings(variables: Variables): void {
  const name = (variables['OTEL_LOG_LEVEL']?.trim() || 'WARN').toUpperCase();
  const shown = DiagLogLevel[name as keyof typeof DiagLogLevel] ?? DiagLogLevel.WARN;
  const global = globalThis as {
    [WARNINGS]?: (level: Level, message: string) => void;
    readonly [API]?: { readonly diag?: unknown };
  };
  global[WARNINGS] = (level, message) => {
    if (LEVELS[level] <= shown && global[API]?.diag === undefined) console.error(message);
  };
}
