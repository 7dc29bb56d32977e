import type { MetricEvent } from '@tallykit/metrics';
import { hasTags, listed, nearest, tagText, type Check, type ExpectedTags } from './check.ts';
import type { Recorded } from './collect.ts';

/** What is expected of events with a title: how many there are, or some of these properties. */
export type ExpectedEvent =
  | number
  | {
      /**
       * How many events have all of the other properties.
       *
       * @default at least one
       */
      readonly count?: number | undefined;
      /** The whole text, or a pattern that is found in it. */
      readonly text?: string | RegExp | undefined;
      readonly alertType?: MetricEvent['alertType'];
      readonly priority?: MetricEvent['priority'];
      readonly aggregationKey?: string | undefined;
      readonly sourceTypeName?: string | undefined;
      readonly hostname?: string | undefined;
      /** Milliseconds since 1970. */
      readonly timestamp?: number | undefined;
    };

type Properties = Omit<Exclude<ExpectedEvent, number>, 'count'>;

/** Events with that title and those tags. */
export function checkEvent(
  { events }: Recorded,
  title: string,
  expected: ExpectedEvent | undefined,
  tags: ExpectedTags = {},
): Check {
  const { count, ...properties } = typeof expected === 'number' ? { count: expected } : (expected ?? {});
  const given = givenProperties(properties);
  const sameTitle = events.filter((event) => event.title === title);
  const found = sameTitle.filter(
    (event) => hasTags(event.tags, tags) && given.every(([name, value]) => isMet(event[name], value)),
  );
  const pass = count === undefined ? found.length > 0 : found.length === count;
  return {
    pass,
    message() {
      const wanted = `${amount(count)}${given.length === 0 ? '' : ` with ${describe(given)}`}`;
      const start = `${title}${tagText(tags)}: expected ${pass ? 'no such thing as ' : ''}${wanted}`;
      const list = (): string => listed(sameTitle, tags, lineOf);
      if (found.length > 0) return `${start}, got ${found.length}\n${list()}`;
      if (sameTitle.length > 0) return `${start}; under that title there is only\n${list()}`;
      if (events.length > 0) {
        const titles = [...new Set(events.map((event) => event.title))];
        return `${start}; no event has that title. The nearest titles: ${nearest(titles, title)}`;
      }
      return `${start}, but no event arrived at all. A collection gets them by configureMetrics({ events: collected })`;
    },
  };
}

/** The properties that are expected. Those that are `undefined` are not. */
function givenProperties(properties: Properties) {
  return Object.entries(properties).filter(
    (property): property is [keyof Properties, string | number | RegExp] => property[1] !== undefined,
  );
}

function isMet(actual: string | number | undefined, expected: string | number | RegExp): boolean {
  // `search` begins at the start, also with the flag `g`.
  return typeof expected === 'object' ? String(actual).search(expected) !== -1 : actual === expected;
}

function amount(count: number | undefined): string {
  return count === undefined ? 'an event' : count === 1 ? '1 event' : `${count} events`;
}

function describe(properties: readonly (readonly [string, string | number | RegExp])[]): string {
  return properties
    .map(([name, value]) => `${name} ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}

/** An event as a message shows it: its title, tags, text and what else it has. */
function lineOf(event: MetricEvent): string {
  const { alertType, priority, aggregationKey, sourceTypeName, hostname, text, title, tags } = event;
  const properties = { text, alertType, priority, aggregationKey, sourceTypeName, hostname };
  return `${title}${tagText(tags)} ${describe(givenProperties(properties))}`;
}
