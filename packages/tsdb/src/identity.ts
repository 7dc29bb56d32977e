import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { TagWriter } from '@tallykit/exporter-base';

/** What a series measures: increases, current values, or distributions of values. */
export type SeriesType = 'counter' | 'gauge' | 'distribution';

export const SERIES_TYPES = ['counter', 'gauge', 'distribution'] as const satisfies readonly SeriesType[];

/** One metric of the store. */
export interface MetricInfo {
  /** As it was recorded. */
  readonly name: string;
  /** What it measures. Two metrics of one name and different types are two metrics. */
  readonly type: SeriesType;
  /** In the notation of UCUM, for example `ms` or `By`. Empty when there is none. */
  readonly unit: string;
}

/** One series: a metric with one set of tags. */
export interface SeriesInfo extends MetricInfo {
  /** The tags that tell it from other series of the metric. */
  readonly tags: Readonly<Record<string, string>>;
}

/** Writes tags as JSON with sorted keys: JSON can hold any key and value, and one set of tags has one text. */
export const TAG_SPELLING = {
  key: (text: string) => text,
  value: (text: string) => text,
  // Not made of an object, because that would put keys like "1" first and lose a key called "__proto__".
  join: (tags: readonly (readonly [key: string, value: string])[]) =>
    `{${tags.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
};

/** Writes the tags of what is recorded without an exporter. */
export const plainTagWriter = new TagWriter(TAG_SPELLING);

export function parseTags(text: string): Readonly<Record<string, string>> {
  return JSON.parse(text) as Record<string, string>;
}

/** What tells a metric from all others. */
export function metricKey({ type, name }: Pick<MetricInfo, 'type' | 'name'>): string {
  return `${type} ${name}`;
}

/** Sorts metrics by name, those of one name by type. */
export function sortMetrics(metrics: readonly MetricInfo[]): readonly MetricInfo[] {
  return metrics.toSorted((first, second) => {
    if (first.name !== second.name) return first.name < second.name ? -1 : 1;
    return first.type < second.type ? -1 : 1;
  });
}

/** What tells a series from all others: for a counter without tags its name, and otherwise JSON. */
export function seriesKey(type: SeriesType, name: string, tags: string): string {
  return type === 'counter' && tags === '{}' && !name.startsWith('[')
    ? name
    : JSON.stringify([type, name, tags]);
}

/** What a value adds to the amounts that `stats` has: only counters add up. */
export function increaseOf(type: SeriesType, value: unknown): number {
  return type === 'counter' && typeof value === 'number' ? value : 0;
}

/** Over how many hashes the series of one bucket are spread, so that Redis can keep each of them in its compact form. */
const VIRTUAL_NODES = 64;

/**
 * Where Redis keeps a series in the hashes of its buckets: the field, and which of the hashes. They are those of Sentry's
 * `tsdb/redis.py`: the MD5 of the key in quotes and its CRC-32 modulo 64; a key that is a whole number stays as it is.
 */
export function redisField(key: string): { readonly field: string; readonly virtualNode: number } {
  if (/^(0|[1-9]\d{0,14})$/.test(key)) return { field: key, virtualNode: Number(key) % VIRTUAL_NODES };
  const field = createHash('md5').update(`'${key}'`).digest('hex');
  return { field, virtualNode: crc32(field) % VIRTUAL_NODES };
}
