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
  /** The tag `instance`, which is among `tags` as well. */
  readonly instance: string | undefined;
  /** Tags of the `Metrics`, of `withTags` and of the call, without those that tag rules deny; all values are text. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * Gets each operation within its call, but not calls whose value is refused. What it throws is counted in `hookErrors` and
 * logged once.
 *
 * @example createMetrics({ operations: ({ kind, name, value }) => console.log(kind, name, value) });
 */
export type OperationListener = (operation: Operation) => void;
