import { safeField } from './tags.ts';

/** Something that happened, for Datadog's event stream. */
export interface DogStatsdEvent {
  /** Not empty. Title and text may have several lines. */
  readonly title: string;
  /** May be empty. */
  readonly text: string;
  /** Are added to those of the exporter. */
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
  /** @default 'info' */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** @default 'normal' */
  readonly priority?: 'normal' | 'low' | undefined;
  /** Events with the same key are shown together. At most 100 characters. */
  readonly aggregationKey?: string | undefined;
  /** The source of the event. Datadog shows the icon of a source that it knows, for example `jenkins`. */
  readonly sourceTypeName?: string | undefined;
  /** @default the Agent's */
  readonly hostname?: string | undefined;
  /**
   * Milliseconds since 1970.
   *
   * @default when the Agent gets it
   */
  readonly timestamp?: number | undefined;
}

/** Whether something works, for Datadog's monitors. */
export interface DogStatsdServiceCheck {
  /** For example `app.can_connect`. Not prefixed. */
  readonly name: string;
  /** What a monitor alerts on. */
  readonly status: 'ok' | 'warning' | 'critical' | 'unknown';
  /** Are added to those of the exporter. */
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
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

const ALERT_TYPES = ['error', 'warning', 'info', 'success'] as const;
const PRIORITIES = ['normal', 'low'] as const;
const STATUSES = ['ok', 'warning', 'critical', 'unknown'] as const;

const MAX_AGGREGATION_KEY_CHARACTERS = 100;

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
export function formatEvent(event: DogStatsdEvent, { tags, originFields }: EventEnds): string {
  const { timestamp, hostname, aggregationKey, priority, sourceTypeName, alertType } = event;
  const title = escapeLines(textOf('title', event.title));
  const text = escapeLines(textOf('text', event.text));
  if (title === '') throw new TypeError('its title is empty');
  return (
    `_e{${Buffer.byteLength(title)},${Buffer.byteLength(text)}}:${title}|${text}` +
    secondsField(timestamp) +
    textField('h', hostname) +
    textField('k', aggregationKey, MAX_AGGREGATION_KEY_CHARACTERS) +
    textField('p', oneOf('priority', PRIORITIES, priority)) +
    textField('s', sourceTypeName) +
    textField('t', oneOf('alertType', ALERT_TYPES, alertType)) +
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
  const name = safeField(textOf('name', check.name));
  if (name === '') throw new TypeError('its name is empty');
  const status = STATUSES.indexOf(check.status);
  if (status === -1) throw new TypeError(`its status is none of ${STATUSES.join(', ')}`);
  // Only `|` ends a message, so it is replaced in it; `m:` would begin another message.
  const text = message === undefined ? '' : escapeLines(textOf('message', message));
  const safe = text.replaceAll('|', '_').replaceAll('m:', String.raw`m\:`);
  return `_sc|${name}|${status}${secondsField(timestamp)}${textField('h', hostname)}${tags}${originFields}${
    safe && `|m:${safe}`
  }`;
}

/** The Agent ends a message at a newline, and cuts off a carriage return in front of it. */
function escapeLines(text: string): string {
  return text.replace(/\r\n?|\n/g, String.raw`\n`).replace(/\p{Cs}/gu, '\uFFFD');
}

function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`its ${name} is ${value === null ? 'null' : `of type ${typeof value}`}, not a string`);
}

function oneOf<Value extends string>(
  name: string,
  values: readonly Value[],
  value: unknown,
): Value | undefined {
  if (value === undefined) return undefined;
  const known = values.find((one) => one === value);
  if (known === undefined) throw new TypeError(`its ${name} is none of ${values.join(', ')}`);
  return known;
}

function textField(prefix: string, value: unknown, maxCharacters?: number): string {
  if (value === undefined || value === '') return '';
  return `|${prefix}:${safeField(textOf(`field \`${prefix}\``, value), maxCharacters)}`;
}

function secondsField(timestamp: unknown): string {
  if (timestamp === undefined) return '';
  const seconds = Math.floor(Number(timestamp) / 1000);
  if (typeof timestamp !== 'number' || !(seconds > 0 && seconds < 1e11)) {
    throw new TypeError('its timestamp is no time in milliseconds since 1970');
  }
  return `|d:${seconds}`;
}
