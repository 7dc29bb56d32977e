import type { Tags } from '@tallykit/exporter-base';
import {
  checkEvent,
  MAX_AGGREGATION_KEY_LENGTH,
  oneOf,
  stringOf,
  wellFormed,
  type DatadogEvent,
} from '@tallykit/exporter-base/datadog';
import { safeField } from './tags.ts';

/** Whether something works, for Datadog's monitors. */
export interface DogStatsdServiceCheck<T extends Tags<T> = Tags> {
  /** For example `app.can_connect`. Not prefixed. */
  readonly name: string;
  /** What a monitor alerts on. */
  readonly status: 'ok' | 'warning' | 'critical' | 'unknown';
  /** Are added to those of the exporter. */
  readonly tags?: T | undefined;
  /** Why it has this status. */
  readonly message?: string | undefined;
  /** @default the Agent's */
  readonly hostname?: string | undefined;
  /**
   * Milliseconds since 1970.
   *
   * @default when the Agent gets it
   */
  readonly timestamp?: number | undefined;
}

const STATUSES = ['ok', 'warning', 'critical', 'unknown'] as const;

/** What is written behind the fields of an event or a check. */
export interface EventEnds {
  /** The tags as text, with `|#` in front. */
  readonly tags: string;
  /** Which container it comes from, as fields. */
  readonly originFields: string;
}

/**
 * An event as text: `_e{LENGTH,LENGTH}:TITLE|TEXT`, and fields. The lengths are those of the escaped texts, in bytes, so
 * title and text may have any characters but line ends, which are written as `\n` (Agent, `parse_events.go`).
 *
 * @throws TypeError for an event that can't be sent, with the reason
 */
export function formatEvent(event: DatadogEvent, { tags, originFields }: EventEnds): string {
  const { timestamp, hostname, aggregationKey, priority, sourceTypeName, alertType } = checkEvent(event);
  const title = escapeLines(event.title);
  const text = escapeLines(event.text);
  return (
    `_e{${Buffer.byteLength(title)},${Buffer.byteLength(text)}}:${title}|${text}` +
    secondsField(timestamp) +
    textField('h', hostname) +
    textField('k', aggregationKey, MAX_AGGREGATION_KEY_LENGTH) +
    textField('p', priority) +
    textField('s', sourceTypeName) +
    textField('t', alertType) +
    tags +
    originFields
  );
}

/**
 * A service check as text: `_sc|NAME|STATUS`, and fields, the message last.
 *
 * @throws TypeError for a check that can't be sent, with the reason
 */
export function formatServiceCheck(check: DogStatsdServiceCheck, { tags, originFields }: EventEnds): string {
  const { timestamp, hostname, message } = check;
  const name = safeField(stringOf('name', check.name));
  if (name === '') throw new TypeError('its name is empty');
  const status = STATUSES.indexOf(oneOf('status', STATUSES, check.status));
  // Only `|` ends a message, so it is replaced in it; `m:` would begin another message.
  const text = message === undefined ? '' : escapeLines(stringOf('message', message));
  const safe = text.replaceAll('|', '_').replaceAll('m:', String.raw`m\:`);
  return `_sc|${name}|${status}${secondsField(timestamp)}${textField('h', hostname)}${tags}${originFields}${
    safe && `|m:${safe}`
  }`;
}

/** The Agent ends a message at a newline, and cuts off a carriage return in front of it. */
function escapeLines(text: string): string {
  return wellFormed(text.replace(/\r\n?|\n/g, String.raw`\n`));
}

function textField(prefix: string, value: unknown, maxCharacters?: number): string {
  if (value === undefined || value === '') return '';
  return `|${prefix}:${safeField(stringOf(`field \`${prefix}\``, value), maxCharacters)}`;
}

function secondsField(timestamp: unknown): string {
  if (timestamp === undefined) return '';
  const seconds = Math.floor(Number(timestamp) / 1000);
  if (typeof timestamp !== 'number' || !(seconds > 0 && seconds < 1e11)) {
    throw new TypeError('its timestamp is no time in milliseconds since 1970');
  }
  return `|d:${seconds}`;
}
