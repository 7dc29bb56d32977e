import { diag, DiagLogLevel } from '@opentelemetry/api';

/** Hears everything that is said through `diag`, in place of whoever did before. */
export class DiagListener {
  readonly warnings: string[] = [];
  /** Errors and debug messages as well. */
  readonly everything: string[] = [];

  constructor() {
    const note = (...parts: unknown[]) => void this.everything.push(parts.map(String).join(' '));
    const warn = (...parts: unknown[]) => {
      note(...parts);
      this.warnings.push(parts.map(String).join(' '));
    };
    diag.setLogger(
      { verbose: note, debug: note, info: note, warn, error: warn },
      { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
    );
  }

  stop(): void {
    diag.disable();
  }
}
