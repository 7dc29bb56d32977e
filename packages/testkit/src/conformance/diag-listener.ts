import { diag, DiagLogLevel } from '@opentelemetry/api';

/** Keeps everything that is logged through `diag`, in place of the logger that was set before. */
export class DiagListener {
  /** Warnings and errors. */
  readonly warnings: string[] = [];
  /** Messages of every level. */
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
