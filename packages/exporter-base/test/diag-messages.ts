import { diag, DiagLogLevel } from '@opentelemetry/api';

/** Collects what is said through `diag` until `stop`. */
export function listenToDiag() {
  const messages = { warn: [] as string[], error: [] as string[], debug: [] as string[] };
  const quiet = () => undefined;
  diag.setLogger(
    {
      warn: (text) => messages.warn.push(text),
      error: (text) => messages.error.push(text),
      debug: (text) => messages.debug.push(text),
      info: quiet,
      verbose: quiet,
    },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  );
  return { ...messages, stop: () => diag.disable() };
}
