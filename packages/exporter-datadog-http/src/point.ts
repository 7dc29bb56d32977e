import type { Series } from '@tallykit/exporter-base';
import type { DatadogHttpSettings } from './options.ts';
import { splitTags } from './tags.ts';
import { datadogUnit } from './units.ts';

/** The options that decide how a series is written. */
export type FormatOptions = Pick<
  DatadogHttpSettings,
  'apiVersion' | 'countersAs' | 'histograms' | 'aggregates' | 'percentiles'
>;

/** The form in which a series is sent. Each form has an endpoint of its own. */
export type Form = 'series' | 'sketch' | 'points';

/** A histogram of more values is not sent as plain values, because these have no weights. */
const MAX_POINTS = 100;

/** The types of series in the v2 endpoint. */
const V2_TYPES = { count: 1, rate: 2, gauge: 3 } as const;

/** Whether a series is sent as series, as a sketch or as the values of a distribution. */
export function formOf({ type, value }: Series, { histograms }: FormatOptions): Form {
  if (type !== 'histogram' || histograms === 'aggregates') return 'series';
  return histograms === 'points' && value.count <= MAX_POINTS ? 'points' : 'sketch';
}

/** Where a point belongs: its host, its tags and its time. */
export interface Place {
  readonly host: string;
  /** `key:value,key:value` */
  readonly tags: string;
  /** Since 1970. */
  readonly timestampSeconds: number;
  /** For how long an increase stands. */
  readonly intervalSeconds: number;
}

/** The type of a series at Datadog. */
export type Kind = keyof typeof V2_TYPES;

/** What is measured. */
interface Measured {
  readonly name: string;
  readonly unit: string;
  /** An increase, which a rate becomes here; or a current value. */
  readonly value: number;
  readonly kind: Kind;
}

/**
 * A point as JSON. It is joined from pieces, because `JSON.stringify` of the whole object takes several times as long. Names
 * and tags have no characters that JSON would escape.
 */
export function formatPoint(
  { name, unit, value, kind }: Measured,
  { host, tags, timestampSeconds, intervalSeconds }: Place,
  { apiVersion }: FormatOptions,
): string {
  const isVersion1 = apiVersion === 'v1';
  let json = `{"metric":"${name}","type":${isVersion1 ? `"${kind}"` : V2_TYPES[kind]}`;
  const word = isVersion1 ? undefined : datadogUnit(unit);
  if (word !== undefined) json += `,"unit":"${word}"`;
  // For a gauge, an interval has no meaning.
  if (kind !== 'gauge') json += `,"interval":${intervalSeconds}`;
  // A rate is divided by the interval that goes with it, so that the two give the increase again.
  const written = kind === 'rate' ? value / intervalSeconds : value;
  json += isVersion1
    ? `,"points":[[${timestampSeconds},${written}]],"host":${JSON.stringify(host)}`
    : `,"points":[{"timestamp":${timestampSeconds},"value":${written}}],"resources":[${host && `{"type":"host","name":${JSON.stringify(host)}}`}]`;
  return `${json},"tags":[${tags && `"${tags.replaceAll(',', '","')}"`}]}`;
}

/** @param timestampSeconds since 1970 */
export function placeOf(series: Series, timestampSeconds: number): Place {
  return { ...splitTags(series.tags), timestampSeconds, intervalSeconds: intervalSecondsOf(series) };
}

/**
 * The interval of an increase in whole seconds. Both ends are rounded down, so that the intervals of successive exports meet.
 */
function intervalSecondsOf({ startMillis, endMillis }: Series): number {
  return Math.max(Math.floor(endMillis / 1000) - Math.floor(startMillis / 1000), 1);
}
