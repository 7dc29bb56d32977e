import { visible } from '@tallykit/exporter-base';
import { readOperationLogOptions, type OperationLogOptions } from './options.ts';
import { generalNumber, quoted, signedNumber, visibleTags } from './python-text.ts';

/** One call of the recording API, as the hook `operations` of `createMetrics` gets it. */
export interface LoggedOperation {
  readonly kind: 'incr' | 'upDown' | 'gauge' | 'timing' | 'distribution' | 'event';
  /** As it was passed: without the prefix. */
  readonly name: string;
  /** Milliseconds for `timing`; the text of an event. */
  readonly value: number | string;
  readonly unit: string | undefined;
  readonly instance: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** Logs an operation. Throws what the logger throws, and when there is none; the recording API counts that. */
export type OperationLog = (operation: LoggedOperation) => void;

/**
 * A listener that logs every operation as it happens, in the words of Sentry's logging backend: `'jobs.finished': +1`,
 * `'jobs.duration': 1.8568 ms`, with the name, the value, `instance` and `tags` as metadata.
 *
 * @throws TypeError for options that are wrong
 * @example
 * const metrics = createMetrics({ operations: createOperationLog({ logger: winston.loggers.get('metrics') }) });
 */
export function createOperationLog(options: OperationLogOptions = {}): OperationLog {
  const { level, lines } = readOperationLogOptions(options);
  return (operation) => {
    if (lines.isOff(level)) return;
    const { kind, name, value, unit } = operation;
    // The instance stands for itself, as in Sentry's lines.
    const { instance, ...tags } = visibleTags(operation.tags);
    lines.write(level, messageOf(operation), {
      kind,
      name: visible(name),
      value: typeof value === 'string' ? visible(value) : value,
      unit: unit === undefined ? undefined : visible(unit),
      instance,
      tags,
    });
  };
}

/** What Sentry's backend says of an operation; of events its own line is never printed, so that one is ours. */
function messageOf({ kind, name, value }: Pick<LoggedOperation, 'kind' | 'name' | 'value'>): string {
  if (typeof value === 'string') return `${quoted(name)}: ${quoted(value)}`;
  return `${quoted(name)}: ${kind === 'timing' ? `${generalNumber(value)} ms` : signedNumber(value)}`;
}
