import type { Tags, TagValue } from './tags.ts';

/** Options of `event`. */
export interface EventOptions<T extends Tags<T> = Tags> {
  /**
   * Tags of the event, beside those of the `Metrics` and of `withTags`.
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * The value of the tag `instance`. It wins over a tag of that name.
   * @default none
   */
  readonly instance?: TagValue | undefined;
  /**
   * How the event is shown.
   * @default left to the backend, `'info'` at Datadog
   */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /**
   * How important the event is.
   * @default left to the backend, `'normal'` at Datadog
   */
  readonly priority?: 'normal' | 'low' | undefined;
  /**
   * A key: events with the same one are shown together.
   * @default none
   */
  readonly aggregationKey?: string | undefined;
  /**
   * The kind of system that the event comes from, such as `jenkins`; Datadog has a list of them.
   * @default none
   */
  readonly sourceTypeName?: string | undefined;
  /**
   * The host that the event is about.
   * @default left to the backend
   */
  readonly hostname?: string | undefined;
  /**
   * When the event happened, in milliseconds since 1970.
   * @default the time of the call
   */
  readonly timestamp?: number | undefined;
}

/** An event as event backends get it. Options that the call did not have are `undefined`. */
export interface MetricEvent {
  /** Not empty. It has no prefix. */
  readonly title: string;
  /** The text of the event. */
  readonly text: string;
  /**
   * Tags of the `Metrics`, of `withTags` and of the call, with `instance` and without those that tag rules deny; all values
   * are text.
   */
  readonly tags: Readonly<Record<string, string>>;
  /** How the event is shown. */
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** How important the event is. */
  readonly priority: 'normal' | 'low' | undefined;
  /** Events with the same key are shown together. */
  readonly aggregationKey: string | undefined;
  /** The kind of system that the event comes from. */
  readonly sourceTypeName: string | undefined;
  /** The host that the event is about. */
  readonly hostname: string | undefined;
  /** When the event happened, in milliseconds since 1970. */
  readonly timestamp: number;
}

/**
 * A backend that takes events. Exporters that have this method are such backends.
 *
 * @example createMetrics({ events: { event: ({ title, text }) => chat.post(`${title}: ${text}`) } });
 */
export interface EventSink {
  /** Takes an event within the call of `event`. What it throws is counted in `hookErrors` and logged once. */
  event(event: MetricEvent): void;
}

export function createEvent(
  title: string,
  text: string,
  tags: Readonly<Record<string, string>>,
  options: EventOptions | undefined,
): MetricEvent {
  return {
    title,
    text,
    tags,
    alertType: options?.alertType,
    priority: options?.priority,
    aggregationKey: options?.aggregationKey,
    sourceTypeName: options?.sourceTypeName,
    hostname: options?.hostname,
    timestamp: options?.timestamp ?? Date.now(),
  };
}
