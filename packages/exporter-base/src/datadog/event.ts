import type { Tags } from '../series/given-tags.ts';

/** Something that happened, for Datadog's event explorer and as a mark on dashboards. */
export interface DatadogEvent<T extends Tags<T> = Tags> {
  /** Never prefixed, never empty. Over HTTP, the first 500 characters are sent. */
  readonly title: string;
  /**
   * May have several lines, and may be empty. Between two lines `%%%` it may be Markdown. Over HTTP, the first 4,000
   * characters are sent (Datadog API, "Post an event"). Through an Agent, title and text are cut to what its buffer of 8 KB
   * has room for.
   */
  readonly text: string;
  /** Are added to those of the exporter, and win over them. */
  readonly tags?: T | undefined;
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
  /** Events with the same key are shown together. The first 100 characters count. */
  readonly aggregationKey?: string | undefined;
  /** The source of the event. Datadog shows the icon of a source that it knows, for example `jenkins`. */
  readonly sourceTypeName?: string | undefined;
  /**
   * The host that it belongs to.
   *
   * @default over HTTP the exporter's, through an Agent the Agent's
   */
  readonly hostname?: string | undefined;
  /**
   * When it happened, in milliseconds since 1970. Datadog takes no events that are older than 18 hours.
   *
   * @default now
   */
  readonly timestamp?: number | undefined;
}

/** How many characters of an aggregation key count (Datadog API, "Post an event"). */
export const MAX_AGGREGATION_KEY_LENGTH = 100;

const ALERT_TYPES = ['error', 'warning', 'info', 'success'] as const;
const PRIORITIES = ['normal', 'low'] as const;

/**
 * The same event, when its fields have the right types. Its times are not looked at.
 *
 * @throws TypeError with the reason, as the end of a sentence about the event
 */
export function checkEvent(event: DatadogEvent): DatadogEvent {
  if (stringOf('title', event.title) === '') throw new TypeError('its title is empty');
  stringOf('text', event.text);
  for (const name of ['aggregationKey', 'sourceTypeName', 'hostname'] as const) {
    if (event[name] !== undefined) stringOf(name, event[name]);
  }
  if (event.alertType !== undefined) oneOf('alertType', ALERT_TYPES, event.alertType);
  if (event.priority !== undefined) oneOf('priority', PRIORITIES, event.priority);
  return event;
}

/** The value of a field, which has to be a string. @throws TypeError when it is none, with the reason */
export function stringOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`its ${name} is ${value === null ? 'null' : `of type ${typeof value}`}, not a string`);
}

/** The value of a field, which has to be one of some words. @throws TypeError when it is none of them, with the reason */
export function oneOf<Value extends string>(name: string, values: readonly Value[], value: unknown): Value {
  const known = values.find((one) => one === value);
  if (known === undefined) throw new TypeError(`its ${name} is none of ${values.join(', ')}`);
  return known;
}

/** Halves of surrogate pairs are neither JSON nor UTF-8. They are replaced. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\uFFFD');
}

/**
 * Says which parts of an event were cut, as the end of a sentence about it.
 *
 * @param parts each as it was, and what of it is sent
 * @returns for example `its text was cut after 4000 characters`, or `undefined` when nothing was cut
 */
export function describeCut(
  parts: Readonly<Record<string, readonly [whole: string, sent: string]>>,
  unit: 'bytes' | 'characters',
): string | undefined {
  const texts = Object.entries(parts)
    .filter(([, [whole, sent]]) => sent.length < whole.length)
    .map(([part, [, sent]]) => {
      const length = unit === 'bytes' ? Buffer.byteLength(sent) : sent.length;
      return `its ${part} was cut after ${length} ${unit}`;
    });
  return texts.length === 0 ? undefined : texts.join(', and ');
}
