import { TagWriter } from '@tallykit/exporter-base';
import { listTags, splitTags, tagSpelling } from './format.ts';
import type { DatadogHttpSettings } from './options.ts';

/** Something that happened, for Datadog's event explorer and as a mark on dashboards. */
export interface DatadogEvent {
  /** Never prefixed, never empty. */
  readonly title: string;
  /** The first 4,000 characters are sent. Markdown stands between lines `%%%`. */
  readonly text: string;
  /** Win over the exporter's own. */
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
  /** @default 'info', at Datadog */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** @default 'normal', at Datadog */
  readonly priority?: 'normal' | 'low' | undefined;
  /** Events with the same key are shown together; the first 100 characters count. */
  readonly aggregationKey?: string | undefined;
  readonly sourceTypeName?: string | undefined;
  /** @default the exporter's */
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
    host,
    machineName,
    weakTags,
    bareTags,
    tags,
  }: Pick<DatadogHttpSettings, 'host' | 'machineName' | 'weakTags' | 'bareTags' | 'tags'>,
  nowMillis: number,
): string {
  const { title, text, timestamp = nowMillis } = event;
  if (typeof text !== 'string') throw new Error('its `text` must be a string');
  if (typeof title !== 'string' || title.trim() === '')
    throw new Error('its `title` must be a string that is not empty');
  if (!Number.isFinite(timestamp) || nowMillis - timestamp > MAX_AGE_MILLIS)
    throw new Error('its `timestamp` must be in milliseconds since 1970, and not older than 18 hours');
  const writer = new TagWriter(tagSpelling(bareTags), { host: host ?? machineName }, weakTags, tags);
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

/** Halves of surrogate pairs, which a cut may leave as well, are no JSON to many parsers. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}
