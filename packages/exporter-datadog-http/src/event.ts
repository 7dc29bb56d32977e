import { TagWriter, type EventText } from '@tallykit/exporter-base';
import {
  checkEvent,
  describeCut,
  firstCharacters,
  MAX_AGGREGATION_KEY_LENGTH,
  wellFormed,
  type DatadogEvent,
} from '@tallykit/exporter-base/datadog';
import type { DatadogHttpSettings } from './options.ts';
import { listTags, splitTags, tagSpelling } from './tags.ts';

// Datadog API, "Post an event". The length of a title is that of version 2: version 1 states none any more.
const MAX_TITLE_LENGTH = 500;
const MAX_TEXT_LENGTH = 4000;
const MAX_AGE_MILLIS = 18 * 3_600_000;

/**
 * An event as JSON. A title or a text that is too long is cut.
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
): EventText {
  const { title, text, timestamp = nowMillis } = checkEvent(event);
  if (title.trim() === '') throw new TypeError('its title is empty');
  if (!Number.isFinite(timestamp) || nowMillis - timestamp > MAX_AGE_MILLIS)
    throw new TypeError('its timestamp must be in milliseconds since 1970, and not older than 18 hours');
  const writer = new TagWriter(tagSpelling(bareTags), { host: hostname ?? machineName }, weakTags, tags);
  const place = splitTags(
    writer.write({ ...event.tags, ...(event.hostname !== undefined && { host: event.hostname }) }),
  );
  const shortTitle = firstCharacters(title, MAX_TITLE_LENGTH);
  const shortText = firstCharacters(text, MAX_TEXT_LENGTH);
  const json = JSON.stringify({
    title: wellFormed(shortTitle),
    text: wellFormed(shortText),
    date_happened: Math.floor(timestamp / 1000),
    alert_type: event.alertType,
    priority: event.priority,
    aggregation_key:
      event.aggregationKey && wellFormed(firstCharacters(event.aggregationKey, MAX_AGGREGATION_KEY_LENGTH)),
    source_type_name: event.sourceTypeName,
    host: place.host === '' ? undefined : place.host,
    tags: listTags(place.tags),
  });
  const cut = describeCut({ title: [title, shortTitle], text: [text, shortText] }, 'characters');
  return { text: json, cut };
}
