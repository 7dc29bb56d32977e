import { visible } from '@tallykit/exporter-base';
import { readOperationLogOptions, type OperationLogOptions } from './options.ts';
import { linePlace, type LinePlace } from './line-tags.ts';
import { generalNumber, quoted, signedNumber } from './python-text.ts';

/** One call of the recording API, as the hook `operations` of `createMetrics` gets it. */
export interface LoggedOperation {
  /** The method that was called. */
  readonly kind: 'incr' | 'upDown' | 'gauge' | 'timing' | 'distribution' | 'event';
  /** As the program passed it: without the prefix. */
  readonly name: string;
  /** Milliseconds for `timing`; the text of an event. */
  readonly value: number | string;
  /** In the notation of UCUM; `undefined` when the call has none. */
  readonly unit: string | undefined;
  /** The option `instance` of the call. */
  readonly instance: string | undefined;
  /** All tags of the call, `instance` among them. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * The numbers and booleans among the values of `tags`. `sentryFormat` writes `True` and `1` for them.
   *
   * @default {}
   */
  readonly tagValues?: Readonly<Record<string, number | boolean | bigint>> | undefined;
}

/** Logs an operation. Throws what the logger throws, and when there is no logger. The recording API catches and counts that. */
export type OperationLog = (operation: LoggedOperation) => void;

/**
 * A listener that logs every operation as it happens, in the words of Sentry's logging backend: `'jobs.finished': +1`,
 * `'jobs.duration': 1.8568 ms`, with the name, the value, `instance` and `tags` as metadata.
 *
 * @throws TypeError for options that are wrong or unknown
 * @example
 * const metrics = createMetrics({ operations: createOperationLog({ logger: winston.loggers.get('metrics') }) });
 */
export function createOperationLog(options: OperationLogOptions = {}): OperationLog {
  const { level, lines } = readOperationLogOptions(options);
  return (operation) => {
    if (lines.isOff(level)) return;
    const { kind, name, value, unit } = operation;
    lines.write(level, messageOf(operation), {
      kind,
      name: visible(name),
      value: typeof value === 'string' ? visible(value) : value,
      unit: unit === undefined ? undefined : visible(unit),
      ...placeOf(operation),
    });
  };
}

/**
 * The instance and the tags, apart as in Sentry's lines: the option `instance` is not among the tags, and a tag of that name
 * is no instance.
 */
function placeOf({ instance, tags, tagValues = {} }: LoggedOperation): LinePlace {
  const shown = Object.entries(tags).filter(([tag]) => tag !== 'instance' || instance === undefined);
  return linePlace(
    instance,
    shown.map(([tag, text]) => [tag, Object.hasOwn(tagValues, tag) ? tagValues[tag]! : text]),
  );
}

/** The message of Sentry's backend for an operation. That backend fails to log events, so their message is our own. */
function messageOf({ kind, name, value }: Pick<LoggedOperation, 'kind' | 'name' | 'value'>): string {
  if (typeof value === 'string') return `${quoted(name)}: ${quoted(value)}`;
  return `${quoted(name)}: ${kind === 'timing' ? `${generalNumber(value)} ms` : signedNumber(value)}`;
}
