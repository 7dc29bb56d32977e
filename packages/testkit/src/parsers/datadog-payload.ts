import {
  NO_CONTENT,
  type DatadogContent,
  type DatadogDistribution,
  type DatadogReceivedEvent,
  type DatadogSeries,
} from './datadog-content.ts';
import { sketchesIn } from './datadog-sketches.ts';
import { unreadable } from './unreadable.ts';

/** How the body of each endpoint is read. */
const READERS: Readonly<Record<string, (body: Uint8Array) => DatadogContent>> = {
  '/api/v1/series': (body) => ({ ...NO_CONTENT, series: seriesIn(body, seriesOfVersion1) }),
  '/api/v2/series': (body) => ({ ...NO_CONTENT, series: seriesIn(body, seriesOfVersion2) }),
  '/api/v1/distribution_points': (body) => ({ ...NO_CONTENT, distributions: seriesIn(body, distribution) }),
  '/api/v1/events': (body) => ({ ...NO_CONTENT, events: [event(json(body))] }),
  '/api/beta/sketches': (body) => ({ ...NO_CONTENT, sketches: sketchesIn(body) }),
};

/**
 * Reads the body of a request as Datadog does, and a little more strictly.
 *
 * @param path of the endpoint, for example `/api/v2/series`
 * @param body after decompression
 * @returns `undefined` when there is no such endpoint
 * @throws at what Datadog would refuse or could not understand
 */
export function parseDatadogPayload(path: string, body: Uint8Array): DatadogContent | undefined {
  return Object.hasOwn(READERS, path) ? READERS[path]?.(body) : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function seriesIn<Series>(body: Uint8Array, read: (fields: Fields) => Series): Series[] {
  return list(json(body), 'series').map((one) => read(record(one, 'a series')));
}

function seriesOfVersion1(fields: Fields): DatadogSeries {
  const type = fields['type'] ?? 'gauge';
  if (type !== 'count' && type !== 'rate' && type !== 'gauge') return unreadable('a type that is none', type);
  return {
    ...named(fields),
    type,
    interval: intervalOf(fields, type),
    unit: '',
    host: optional(fields, 'host', text) ?? '',
    points: list(fields, 'points').map((point) => {
      if (!Array.isArray(point) || point.length !== 2) return unreadable('a point that is no pair', point);
      return { timestamp: wholeNumber(point[0], 'a timestamp'), value: number(point[1], 'a value') };
    }),
  };
}

const VERSION_2_TYPES = ['unspecified', 'count', 'rate', 'gauge'] as const;

function seriesOfVersion2(fields: Fields): DatadogSeries {
  const type = VERSION_2_TYPES[Number(fields['type'] ?? 0)];
  if (type === undefined || !Number.isInteger(fields['type'] ?? 0))
    return unreadable('a type that is none', fields['type']);
  const resources = (optional(fields, 'resources', anything) ?? []) as unknown[];
  const hosts = resources
    .map((resource) => record(resource, 'a resource'))
    .filter((resource) => text(resource['type'], "a resource's type") === 'host')
    .map((resource) => text(resource['name'], "a resource's name"));
  return {
    ...named(fields),
    type,
    interval: intervalOf(fields, type),
    unit: optional(fields, 'unit', text) ?? '',
    host: hosts[0] ?? '',
    points: list(fields, 'points').map((one) => {
      const point = record(one, 'a point');
      return {
        timestamp: wholeNumber(point['timestamp'], 'a timestamp'),
        value: number(point['value'], 'a value'),
      };
    }),
  };
}

/** A rate says nothing without the interval that it was made with (Datadog API, "Submit metrics"). */
function intervalOf(fields: Fields, type: DatadogSeries['type']): number {
  const interval = optional(fields, 'interval', wholeNumber) ?? 0;
  return type === 'rate' && interval < 1 ? unreadable('a rate without an interval', fields) : interval;
}

function distribution(fields: Fields): DatadogDistribution {
  return {
    ...named(fields),
    host: optional(fields, 'host', text) ?? '',
    points: list(fields, 'points').map((point) => {
      if (!Array.isArray(point) || point.length !== 2 || !Array.isArray(point[1]))
        return unreadable('a point that is no time with values', point);
      return {
        timestamp: wholeNumber(point[0], 'a timestamp'),
        values: point[1].map((value) => number(value, 'a value')),
      };
    }),
  };
}

function event(fields: Fields): DatadogReceivedEvent {
  const title = text(fields['title'], "an event's title");
  const body = text(fields['text'], "an event's text");
  if (title === '') return unreadable('an event without a title', fields);
  if (body.length > 4000) return unreadable('a text of more than 4000 characters', body.length);
  return {
    title,
    text: body,
    tags: tags(fields),
    host: optional(fields, 'host', text),
    dateHappened: optional(fields, 'date_happened', wholeNumber),
    alertType: optional(fields, 'alert_type', text),
    priority: optional(fields, 'priority', text),
    aggregationKey: optional(fields, 'aggregation_key', text),
    sourceTypeName: optional(fields, 'source_type_name', text),
  };
}

function named(fields: Fields): { readonly metric: string; readonly tags: readonly string[] } {
  const metric = text(fields['metric'], "a metric's name");
  if (metric === '') return unreadable('a metric without a name', fields);
  return { metric, tags: tags(fields) };
}

function tags(fields: Fields): readonly string[] {
  const given = optional(fields, 'tags', anything) ?? [];
  if (!Array.isArray(given)) return unreadable('tags that are no list', given);
  return given.map((tag) => text(tag, 'a tag'));
}

function json(body: Uint8Array): Fields {
  const decoded = new TextDecoder('utf-8', { fatal: true }).decode(body);
  return record(JSON.parse(decoded), 'the body');
}

function record(value: unknown, what: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : unreadable(`${what} that is no object`, value);
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : unreadable(`${name} that are no list`, value);
}

function optional<Value>(
  fields: Fields,
  name: string,
  read: (value: unknown, what: string) => Value,
): Value | undefined {
  return fields[name] === undefined ? undefined : read(fields[name], name);
}

const anything = (value: unknown) => value;

function text(value: unknown, what: string): string {
  return typeof value === 'string' ? value : unreadable(`${what} that is no text`, value);
}

function number(value: unknown, what: string): number {
  return typeof value === 'number' ? value : unreadable(`${what} that is no number`, value);
}

function wholeNumber(value: unknown, what: string): number {
  return Number.isInteger(value) ? (value as number) : unreadable(`${what} that is no whole number`, value);
}
