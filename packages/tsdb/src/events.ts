import type { Refusal, Tags } from '@tallykit/exporter-base';
import { firstCharacters } from '@tallykit/exporter-base/datadog';
import { parseTags, plainTagWriter } from './identity.ts';
import { invalid, timeFaultOf } from './recording.ts';

/** How many events are kept, the latest ones. */
export const MAX_EVENTS = 200;

/** Something that happened, to be shown beside the history: a deployment, a migration. */
export interface EventRecording<T extends Tags<T> = Tags> {
  /** Not empty; at most 200 characters of it are kept. */
  readonly title: string;
  /**
   * At most 4,000 characters of it are kept.
   *
   * @default ''
   */
  readonly text?: string | undefined;
  /**
   * How it is shown.
   *
   * @default none
   */
  readonly alertType?: 'error' | 'warning' | 'info' | 'success' | undefined;
  /**
   * Values become text. A value that is `null` or `undefined` leaves its tag out.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * When it happened, in milliseconds since 1970. A moment in the future counts as now.
   *
   * @default now
   */
  readonly timeMillis?: number | undefined;
}

/** An event that is kept. */
export interface StoredEvent {
  /** When it happened, in seconds since 1970. */
  readonly timeSeconds: number;
  /** At most 200 characters. */
  readonly title: string;
  /** At most 4,000 characters. */
  readonly text: string;
  /** How it is shown; `undefined` when nobody said it. */
  readonly alertType: 'error' | 'warning' | 'info' | 'success' | undefined;
  /** Its tags. */
  readonly tags: Readonly<Record<string, string>>;
}

const MAX_TITLE_LENGTH = 200;
const MAX_TEXT_LENGTH = 4000;
const ALERT_TYPES: readonly unknown[] = ['error', 'warning', 'info', 'success', undefined];

const FIELDS: readonly string[] = [
  'title',
  'text',
  'alertType',
  'tags',
  'timeMillis',
] satisfies (keyof EventRecording)[];

const FORM =
  'An event needs a `title` that is not empty; it may have a `text`, an `alertType` of error, warning, info or success, `tags` ' +
  'of at most 4,000 characters together, and `timeMillis`, milliseconds since 1970';

/**
 * The event as the store keeps it, or why it keeps none.
 *
 * @param nowMillis milliseconds since 1970
 */
export function readEvent(event: EventRecording, nowMillis: number): StoredEvent | Refusal {
  try {
    const unknown = Object.keys(event).find((field) => !FIELDS.includes(field));
    if (unknown !== undefined) return invalid(`there is no field \`${unknown}\`. ${FORM}`);
    const { title, text = '', alertType, tags = {}, timeMillis = nowMillis } = event;
    if (typeof title !== 'string' || title === '' || typeof text !== 'string') return invalid(FORM);
    if (!ALERT_TYPES.includes(alertType)) return invalid(FORM);
    const timeFault = timeFaultOf(timeMillis, nowMillis);
    if (timeFault !== undefined) return invalid(timeFault);
    const written = plainTagWriter.write(tags);
    if (written.length > MAX_TEXT_LENGTH) return invalid(FORM);
    return {
      timeSeconds: Math.min(timeMillis, nowMillis) / 1000,
      title: cut(title, MAX_TITLE_LENGTH),
      text: cut(text, MAX_TEXT_LENGTH),
      alertType,
      tags: parseTags(written),
    };
  } catch {
    // It is no object, or a getter of the caller threw.
    return invalid(FORM);
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${firstCharacters(text, length - 1)}…` : text;
}

/** The last events of this process, ascending. */
export class EventLog {
  readonly #events: StoredEvent[] = [];

  add(event: StoredEvent): void {
    const later = this.#events.findIndex(({ timeSeconds }) => timeSeconds > event.timeSeconds);
    this.#events.splice(later < 0 ? this.#events.length : later, 0, event);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
  }

  list(): readonly StoredEvent[] {
    return [...this.#events];
  }
}

/** An event as text, for Redis. */
export function eventText({ timeSeconds, title, text, alertType, tags }: StoredEvent, id: string): string {
  return JSON.stringify([timeSeconds, title, text, alertType ?? '', tags, id]);
}

/** What `eventText` wrote; `undefined` for anything else. */
export function parseEvent(written: string): StoredEvent | undefined {
  try {
    const [timeSeconds, title, text, alertType, tags] = JSON.parse(written) as readonly unknown[];
    const event = { title, text, tags, alertType: alertType === '' ? undefined : alertType };
    const read = readEvent(
      { ...event, timeMillis: (timeSeconds as number) * 1000 } as EventRecording,
      Infinity,
    );
    return 'refused' in read ? undefined : read;
  } catch {
    return undefined;
  }
}
