import type { OptionError } from './option-error.ts';

/** Two copies of this package in one process have two classes, so a trace is found by this mark. */
const TRACE = Symbol.for('@tallykit/exporter-base/variable-trace/1');

/** A variable whose text is wrong, and that counts as missing. */
export interface IgnoredVariable {
  /** Its name. */
  readonly name: string;
  /** What it must be, as a sentence that names it. */
  readonly reason: string;
}

/**
 * Environment variables that remember which of them were used, for programs that show where a setting comes from.
 *
 * @example
 * const trace = new VariableTrace(process.env);
 * new EnvironmentOptions('StatsdMetricExporter', trace.variables).text('STATSD_HOST');
 * trace.used.has('STATSD_HOST'); // true where it is set
 */
export class VariableTrace {
  /** To be handed to whatever reads variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The names of those that were read, and that had a value. */
  readonly used = new Set<string>();
  /** Those that were read, and whose text was wrong. */
  readonly ignored: IgnoredVariable[] = [];

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.variables = Object.defineProperty({ ...variables }, TRACE, { value: this });
  }
}

/** The trace of variables that come from one. */
export function traceOf(variables: object): VariableTrace | undefined {
  return (variables as { readonly [TRACE]?: VariableTrace })[TRACE];
}

/** A variable as it is ignored. */
export function ignoredVariable({ option, message }: OptionError): IgnoredVariable {
  return { name: option, reason: message };
}
