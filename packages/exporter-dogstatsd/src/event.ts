import type { EventText, Tags } from '@tallykit/exporter-base';
import {
  checkEvent,
  describeCut,
  firstBytes,
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
  /**
   * Are added to those of the exporter.
   *
   * @default none
   */
  readonly tags?: T | undefined;
  /**
   * Why it has this status. Line ends become blanks, `|` becomes `_`. It is cut to what the Agent's buffer has room for.
   *
   * @default none
   */
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

/** A newline as the Agent reads it in title and text of an event. */
const NEWLINE = String.raw`\n`;

/** What all events and checks of an exporter have in common. */
export interface EventFrame {
  /** The tags as text, with `|#` in front. */
  readonly tags: string;
  /** Which container it comes from, as fields. */
  readonly originFields: string;
  /** How many bytes the Agent reads. */
  readonly maxBytes: number;
}

/**
 * An event as text: `_e{LENGTH,LENGTH}:TITLE|TEXT`, and fields. The lengths are those of the escaped texts, in bytes, so
 * title and text may have any characters but line ends, which are written as `\n` (Agent, `parse_events.go`). When it is too
 * long, the longer one of title and text is cut, as by Datadog's own client (dogstatsd-csharp-client, `EventSerializer.cs`).
 *
 * @throws TypeError for an event that can't be sent, with the reason
 */
export function formatEvent(event: DatadogEvent, { tags, originFields, maxBytes }: EventFrame): EventText {
  const { timestamp, hostname, aggregationKey, priority, sourceTypeName, alertType } = checkEvent(event);
  const fields =
    secondsField(timestamp) +
    textField('h', hostname) +
    textField('k', aggregationKey, MAX_AGGREGATION_KEY_LENGTH) +
    textField('p', priority) +
    textField('s', sourceTypeName) +
    textField('t', alertType) +
    tags +
    originFields;
  const long = {
    title: withoutLineEnds(event.title, NEWLINE, maxBytes),
    text: withoutLineEnds(event.text, NEWLINE, maxBytes),
  };
  const { title, text } = shortened(long, maxBytes, fields);
  return {
    text: `${headerOf(Buffer.byteLength(title), Buffer.byteLength(text))}${title}|${text}${fields}`,
    cut: describeCut({ title: [long.title, title], text: [long.text, text] }, 'bytes'),
  };
}

function headerOf(titleBytes: number, textBytes: number): string {
  return `_e{${titleBytes},${textBytes}}:`;
}

/** Title and text of an event that has room for both. Each may take half of the room, and what the other one leaves. */
function shortened(
  { title, text }: { readonly title: string; readonly text: string },
  maxBytes: number,
  fields: string,
): { readonly title: string; readonly text: string } {
  const titleBytes = Buffer.byteLength(title);
  const textBytes = Buffer.byteLength(text);
  const header = headerOf(Math.min(titleBytes, maxBytes), Math.min(textBytes, maxBytes));
  const room = maxBytes - Buffer.byteLength(`${header}|${fields}`);
  const shortTitle = beginning(title, Math.max(Math.floor(room / 2), room - textBytes));
  // No event is without a title. What has no room for one is sent as it is, and is then dropped as too large.
  if (shortTitle === '') return { title, text };
  return { title: shortTitle, text: beginning(text, room - Buffer.byteLength(shortTitle)) };
}

/** The beginning of an escaped text, in so many bytes, without half of an escape. */
function beginning(escaped: string, maxBytes: number): string {
  const start = firstBytes(escaped, Math.max(maxBytes, 0));
  return start.endsWith('\\') && escaped[start.length] === 'n' ? start.slice(0, -1) : start;
}

/**
 * A service check as text: `_sc|NAME|STATUS`, and fields, the message last. The Agent takes the message as it is, to the next
 * `|` or the end of the line, and knows no escapes in it (Agent, `parse_service_checks.go`). When the check is too long, the
 * message is cut.
 *
 * @throws TypeError for a check that can't be sent, with the reason
 */
export function formatServiceCheck(
  check: DogStatsdServiceCheck,
  { tags, originFields, maxBytes }: EventFrame,
): EventText {
  const { timestamp, hostname, message = '' } = check;
  const name = safeField(stringOf('name', check.name));
  if (name === '') throw new TypeError('its name is empty');
  const status = STATUSES.indexOf(oneOf('status', STATUSES, check.status));
  const start = `_sc|${name}|${status}${secondsField(timestamp)}${textField('h', hostname)}${tags}${originFields}`;
  const long = withoutLineEnds(stringOf('message', message), ' ', maxBytes).replaceAll('|', '_');
  const short = firstBytes(long, Math.max(maxBytes - Buffer.byteLength(`${start}|m:`), 0));
  return {
    text: start + (short && `|m:${short}`),
    cut: describeCut({ message: [long, short] }, 'bytes'),
  };
}

/**
 * The Agent ends a message at a newline, and cuts off a carriage return in front of it.
 *
 * @param maxBytes what has no room in so many bytes may be left out, but for its beginning: two UTF-16 units that become one
 *   byte are a carriage return and a newline
 */
function withoutLineEnds(text: string, instead: string, maxBytes: number): string {
  return wellFormed(text.slice(0, 2 * (maxBytes + 1)).replace(/\r\n?|\n/g, instead));
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
