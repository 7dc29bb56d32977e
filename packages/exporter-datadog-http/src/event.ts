import { TagWriter } from '@tallykit/exporter-base';
import type { DatadogHttpSettings } from './options.ts';
import { listTags, splitTags, tagSpelling } from './tags.ts';

/** Something that happened, for Datadog's event explorer and as a mark on dashboards. */
export interface DatadogEvent {
  /** Never prefixed, never empty. */
  readonly title: string;
  /** The first 4,000 characters are sent. Between two lines `%%%` it may be Markdown. */
  readonly text: string;
  /** Are added to those of the exporter, and win over them. */
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
  /**
   * How serious it is.
   *
   * @default 'info', by Datadog
   */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /**
   * How prominently Datadog shows it.
   *
   * @default 'normal', by Datadog
   */
  readonly priority?: 'normal' | 'low' | undefined;
  /** Events with the same key are shown together; the first 100 characters count. */
  readonly aggregationKey?: string | undefined;
  /** The source of the event. Datadog shows the icon of a source that it knows, for example `jenkins`. */
  readonly sourceTypeName?: string | undefined;
  /**
   * The host that it belongs to.
   *
   * @default the exporter's
   */
  readonly hostname?: string | undefined;
  /**
   * When it happened, in milliseconds since 1970. Datadog takes no events that are older than 18 hours.
   *
   * @default now
   */
  readonly timestamp?: number | undefined;
}

// Datadog API, "Post an event".
const MAX_TEXT_LENGTH = 4000;
const MAX_KEY_LENGTH = 100;
const MAX_AGE_MILLIS = 18 * 3_600_000;

/**
 * An event as JSON.
 *
 * @param nowMillis milliseconds since 1970
 * @throws for an event that Datadog would not take, with the reason
 */
export function formatEvent(
  event: DatadogEvent,
  {
    hostname,
    machineName,
    weakTags,
    bareTags,
    tags,
  }: Pick<DatadogHttpSettings, 'hostname' | 'machineName' | 'weakTags' | 'bareTags' | 'tags'>,
  nowMillis: number,
): string {
  const { title, text, timestamp = nowMillis } = event;
  if (typeof text !== 'string') throw new Error('its `text` must be a string');
  if (typeof title !== 'string' || title.trim() === '')
    throw new Error('its `title` must be a string that is not empty');
  if (!Number.isFinite(timestamp) || nowMillis - timestamp > MAX_AGE_MILLIS)
    throw new Error('its `timestamp` must be in milliseconds since 1970, and not older than 18 hours');
  const writer = new TagWriter(tagSpelling(bareTags), { host: hostname ?? machineName }, weakTags, tags);
  const place = splitTags(
    writer.write({ ...event.tags, ...(event.hostname !== undefined && { host: event.hostname }) }),
  );
  return JSON.stringify({
    title: wellFormed(title),
    text: wellFormed(text.slice(0, MAX_TEXT_LENGTH)),
    date_happened: Math.floor(timestamp / 1000),
    alert_type: event.alertType,
    priority: event.priority,
    aggregation_key: event.aggregationKey && wellFormed(event.aggregationKey.slice(0, MAX_KEY_LENGTH)),
    source_type_name: event.sourceTypeName,
    host: place.host === '' ? undefined : place.host,
    tags: listTags(place.tags),
  });
}

/** Replaces halves of surrogate pairs, which a cut may leave: many parsers refuse them in JSON. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}
