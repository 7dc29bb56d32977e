import type { NumberSeries, Series, TagSpelling } from '@tallykit/exporter-base';
import type { DatadogHttpSettings } from './options.ts';
import { datadogUnit } from './units.ts';

/** What decides how series look. */
export type FormatOptions = Pick<DatadogHttpSettings, 'apiVersion' | 'histograms' | 'percentiles'>;

/** As what a series is sent, and so to which endpoint. */
export type Form = 'series' | 'sketch' | 'points';

/** How many characters a tag may have, key and value together (Datadog documentation). */
const MAX_TAG_LENGTH = 200;
const MAX_HOST_LENGTH = 255;

/** How many values a histogram may have to be sent as plain values, which have no weights. */
const MAX_POINTS = 100;

/** The types of series in the v2 endpoint. */
const V2_TYPES = { count: 1, gauge: 3 } as const;

/**
 * Spells tags as Datadog stores them: lower case, letters of any script, digits and `_-:./`, at most 200 characters
 * (Datadog documentation, "Getting Started with Tags"). Datadog would do the same with other characters, but after two tags
 * that it makes equal had become two series, of which each second one value would be lost.
 *
 * The text is `key:value,key:value`. The tag `host` says which host a series belongs to, as in DogStatsD.
 *
 * @param bareTags are added to all others: tags without a value
 */
export function tagSpelling(bareTags: readonly string[] = []): TagSpelling {
  const bare = new Set(bareTags.map((tag) => cut(safeKey(tag), MAX_TAG_LENGTH)));
  return {
    key: safeKey,
    value: (text) => text,
    join: (tags) =>
      [...tags.map(([key, value]) => (key === 'host' ? hostTag(value) : plainTag(key, value))), ...bare]
        .filter((tag) => tag !== '')
        .join(','),
  };
}

function safeKey(text: string): string {
  const safe = text.toLowerCase().replace(/[^\p{L}\p{N}_\-./]/gu, '_');
  return /^\p{L}/u.test(safe) ? safe : `tag_${safe}`;
}

function plainTag(key: string, value: string): string {
  const safe = value.toLowerCase().replace(/[^\p{L}\p{N}_\-:./]/gu, '_') || 'n/a';
  return cut(`${key}:${safe}`, MAX_TAG_LENGTH).replace(/:$/, '_');
}

/** An empty host is none. */
function hostTag(host: string): string {
  const safe = host.replace(/[^!-+\--~]/gu, '_');
  return safe === '' ? '' : `host:${cut(safe, MAX_HOST_LENGTH)}`;
}

/** The first characters of a text, none of them cut in two. */
function cut(text: string, characters: number): string {
  return text.length > characters ? Array.from(text).slice(0, characters).join('') : text;
}

const HOST = /(?:^|,)host:([^,]*)/;

/** The host in a text that {@link tagSpelling} wrote, and the text without it. */
export function splitTags(text: string): { readonly host: string; readonly tags: string } {
  const found = HOST.exec(text);
  if (found === null) return { host: '', tags: text };
  const tags = text.slice(0, found.index) + text.slice(found.index + found[0].length);
  return { host: found[1]!, tags: found.index === 0 ? tags.slice(1) : tags };
}

/** The single tags of such a text. */
export function listTags(tags: string): string[] {
  return tags === '' ? [] : tags.split(',');
}

/** Whether a series is sent as series, as a sketch or as the values of a distribution. */
export function formOf({ type, value }: Series, { histograms }: FormatOptions): Form {
  if (type !== 'histogram' || histograms === 'aggregates') return 'series';
  return histograms === 'points' && value.count <= MAX_POINTS ? 'points' : 'sketch';
}

/**
 * A count or a gauge as JSON.
 *
 * @param timestamp seconds since 1970
 */
export function formatNumberSeries(series: NumberSeries, timestamp: number, options: FormatOptions): string {
  const { name, unit, value, type } = series;
  const kind = type === 'sum' ? 'count' : 'gauge';
  return formatPoint({ name, unit, value, kind }, placeOf(series, timestamp), options);
}

/** Whose a point is, and of when. */
export interface Place {
  readonly host: string;
  /** `key:value,key:value` */
  readonly tags: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** Seconds. */
  readonly interval: number;
}

/** As what Datadog is to take a value. */
export type Kind = keyof typeof V2_TYPES;

/** What is measured. */
interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly kind: Kind;
}

/**
 * Written piece by piece: `JSON.stringify` of the whole object takes several times as long. Names and tags are spelled with
 * nothing that JSON would escape.
 */
export function formatPoint(
  { name, unit, value, kind }: Measured,
  { host, tags, timestamp, interval }: Place,
  { apiVersion }: FormatOptions,
): string {
  const isVersion1 = apiVersion === 'v1';
  let json = `{"metric":"${name}","type":${isVersion1 ? `"${kind}"` : V2_TYPES[kind]}`;
  const word = isVersion1 ? undefined : datadogUnit(unit);
  if (word !== undefined) json += `,"unit":"${word}"`;
  // Of a gauge, an interval says nothing.
  if (kind === 'count') json += `,"interval":${interval}`;
  json += isVersion1
    ? `,"points":[[${timestamp},${value}]],"host":${JSON.stringify(host)}`
    : `,"points":[{"timestamp":${timestamp},"value":${value}}],"resources":[${host && `{"type":"host","name":${JSON.stringify(host)}}`}]`;
  return `${json},"tags":[${tags && `"${tags.replaceAll(',', '","')}"`}]}`;
}

/** @param timestamp seconds since 1970 */
export function placeOf(series: Series, timestamp: number): Place {
  return { ...splitTags(series.tags), timestamp, interval: intervalOf(series) };
}

/**
 * For how many whole seconds an increase stands. Both ends are cut in the same way, so that the intervals of successive
 * exports meet.
 */
function intervalOf({ startMillis, endMillis }: Series): number {
  return Math.max(Math.floor(endMillis / 1000) - Math.floor(startMillis / 1000), 1);
}
