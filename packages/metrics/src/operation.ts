import { isAbsent } from './call-shape.ts';
import type { EventOptions } from './event.ts';
import type { RecordOptions } from './options.ts';
import type { TagValue } from './tags.ts';

/** One call of a recording verb or of `event`, as the listener `operations` gets it. */
export interface Operation {
  /** The verb that was called: `incr` for bound counters, `timing` for timers, `upDown` for `active`. */
  readonly kind: 'incr' | 'upDown' | 'gauge' | 'timing' | 'distribution' | 'event';
  /** The name as it was passed, without the prefix; the title of an event. */
  readonly name: string;
  /** The value as it was passed, so milliseconds for `timing`; the text of an event. */
  readonly value: number | string;
  /** The unit that the call named; `ms` for timings, because that is what `value` is in. */
  readonly unit: string | undefined;
  /** The option `instance`, which is among `tags` as well. */
  readonly instance: string | undefined;
  /** Tags of the `Metrics`, of `withTags` and of the call, without those that tag rules deny; all values are text. */
  readonly tags: Readonly<Record<string, string>>;
  /** The numbers, bigints and booleans among the values of `tags` that the call passed, as it passed them. */
  readonly tagValues: Readonly<Record<string, number | boolean | bigint>>;
}

/** What an operation says of its tags. */
export function operationTags(
  tags: Readonly<Record<string, string>>,
  options: RecordOptions | EventOptions | undefined,
): Pick<Operation, 'instance' | 'tags' | 'tagValues'> {
  const tagValues: Record<string, number | boolean | bigint> = {};
  for (const [tag, value] of Object.entries<TagValue>(options?.tags ?? {})) {
    const isText = typeof value === 'string' || value === undefined || value === null;
    // Tag rules may have left the tag out, and another one may have won over it.
    if (!isText && tags[tag] === String(value)) tagValues[tag] = value;
  }
  return { instance: isAbsent(options?.instance) ? undefined : tags['instance'], tags, tagValues };
}

/**
 * Gets each operation within its call, but not calls whose value is refused. What it throws is counted in `hookErrors` and
 * logged once.
 *
 * @example createMetrics({ operations: ({ kind, name, value }) => console.log(kind, name, value) });
 */
export type OperationListener = (operation: Operation) => void;
