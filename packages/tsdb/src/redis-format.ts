import type { ExponentialBuckets, ExponentialHistogram } from '@tallykit/exporter-base';
import type { Cell } from './cells.ts';
import { eventText, MAX_EVENTS, type StoredEvent } from './events.ts';
import type { MetricInfo, SeriesInfo, SeriesType } from './identity.ts';
import type { Delta, RemoteSeries } from './pending-deltas.ts';
import { bucketStart, SPARE_BUCKETS, storedUntil, type Rollup } from './rollups.ts';
import { WRITE_SCRIPT } from './redis-script.ts';

/**
 * The version of what is kept, a part of every key: processes that keep different rollups by default must not share them.
 * Version 1, without this part, had no rollup of minutes.
 */
const VERSION = 'v2:';

/** The names of everything in Redis. */
export class RedisKeys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = `${prefix}${VERSION}`;
  }

  /** A sorted set of metrics, by when they were last seen. */
  get metrics(): string {
    return `${this.#prefix}metrics`;
  }

  /** A sorted set of the series of one name, by when they were last seen. */
  series(name: string): string {
    return `${this.#prefix}series:${name}`;
  }

  /** A hash of what was recorded in one bucket. */
  bucket(rollupSeconds: number, bucket: number, virtualNode: number): string {
    return `${this.#prefix}${rollupSeconds}:${bucket}:${virtualNode}`;
  }

  /** The first moment that anything was recorded for, in seconds since 1970. */
  get first(): string {
    return `${this.#prefix}first`;
  }

  /** A sorted set of the last events, by their time. */
  get events(): string {
    return `${this.#prefix}events`;
  }

  /** The number of the last batch of a writer. */
  writer(id: string): string {
    return `${this.#prefix}writer:${id}`;
  }
}

/** For how long Redis remembers the last batch of a writer that is silent: longer than any outage should last. */
const WRITER_MEMORY_SECONDS = 30 * 86_400;

export interface BatchOptions {
  readonly keys: RedisKeys;
  readonly rollups: readonly Rollup[];
  readonly histogramBuckets: number;
  readonly writer: string;
  /** After how many seconds without values a series is no longer listed. */
  readonly idleSeconds: number;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
}

/** What one batch is made of. */
export interface BatchContent {
  readonly deltas: readonly Delta[];
  readonly events: readonly StoredEvent[];
  /** The first moment that the batch says something about, in seconds since 1970. */
  readonly firstSeconds: number;
}

type Verb = 'count' | 'last' | 'merge' | 'seen' | 'forget' | 'newest' | 'least' | 'expire';

const VERBS: Readonly<Record<SeriesType, Verb>> = { counter: 'count', gauge: 'last', distribution: 'merge' };

/** A command that writes one batch. */
export interface WriteCommand {
  readonly words: readonly string[];
  /** What the batch has of each series. An answer names a series by its place here, counted from 1. */
  readonly bySeries: readonly (readonly Delta[])[];
  /** Its events have the place after the last series. */
  readonly events: readonly StoredEvent[];
}

/** What became of a batch. */
export interface WriteAnswer {
  /** It had been applied before. */
  readonly isRepeated: boolean;
  readonly failedOperations: number;
  /** Why the first of them failed. */
  readonly reason: string;
  /** The places in `bySeries` of those that were not written; that after the last one for the events. */
  readonly refused: readonly number[];
}

/** Fails with an operation of the script: a series by its number, all of them, or none. */
type Owner = number | '*' | '-';

/** The command that writes one batch. */
export function writeCommand(
  { deltas, events, firstSeconds }: BatchContent,
  sequence: number,
  options: BatchOptions,
): WriteCommand {
  const { keys, rollups, histogramBuckets, writer, idleSeconds } = options;
  const now = Math.floor(options.nowSeconds);
  const indexes = new Map<string, number>();
  const operations: string[] = [];
  const indexOf = (key: string): number => {
    const index = indexes.get(key) ?? indexes.size + 1;
    indexes.set(key, index);
    return index;
  };
  const operate = (verb: Verb, owner: Owner, key: string, field: string, value: string | number) =>
    operations.push(verb, String(owner), String(indexOf(key)), field, String(value));
  indexOf(keys.writer(writer));

  const bySeries = new Map<string, Delta[]>();
  for (const delta of deltas) {
    const itsDeltas = bySeries.get(delta.series.field);
    if (itsDeltas) itsDeltas.push(delta);
    else bySeries.set(delta.series.field, [delta]);
  }
  const allSeries = Array.from(bySeries.values(), ([first]) => first!.series);
  const oldest = now - idleSeconds;
  const [seconds, samples] = rollups.at(-1)!;
  const memory = Math.max(seconds * (samples + SPARE_BUCKETS), idleSeconds);
  // The indexes come first: what they don't take could not be found.
  const metrics = new Set(allSeries.map(metricText));
  for (const metric of metrics) operate('seen', '*', keys.metrics, metric, now);
  for (const [index, series] of allSeries.entries()) {
    operate('seen', index + 1, keys.series(series.name), seriesText(series), now);
  }
  const endings = new Map<string, number>();
  let number = 0;
  for (const itsDeltas of bySeries.values()) {
    number += 1;
    for (const delta of itsDeltas) {
      const { series, level, bucket } = delta;
      const value = deltaText(delta);
      for (const rollup of rollups.slice(level)) {
        const key = keys.bucket(rollup[0], bucketStart(bucket, rollup[0]), series.virtualNode);
        operate(VERBS[series.type], number, key, series.field, value);
        endings.set(key, storedUntil(bucket, rollup));
      }
    }
  }
  for (const [key, end] of endings) operate('expire', '-', key, '', end);
  for (const [index, event] of events.entries()) {
    const text = eventText(event, `${writer} ${sequence} ${index}`);
    operate('seen', bySeries.size + 1, keys.events, text, event.timeSeconds);
  }
  if (events.length > 0) {
    operate('newest', '-', keys.events, '', MAX_EVENTS);
    operate('expire', '-', keys.events, '', now + memory);
  }
  operate('least', '-', keys.first, '', firstSeconds);
  operate('expire', '-', keys.first, '', now + memory);
  operate('forget', '-', keys.metrics, '', oldest);
  operate('expire', '-', keys.metrics, '', now + memory);
  for (const name of new Set(allSeries.map((series) => series.name))) {
    operate('forget', '-', keys.series(name), '', oldest);
    operate('expire', '-', keys.series(name), '', now + idleSeconds);
  }
  const words = [
    'EVAL',
    WRITE_SCRIPT,
    String(indexes.size),
    ...indexes.keys(),
    String(sequence),
    String(WRITER_MEMORY_SECONDS),
    String(histogramBuckets),
    ...operations,
  ];
  return { words, bySeries: [...bySeries.values()], events };
}

/**
 * What the answer to a batch says; `undefined` for what is none.
 *
 * @param places how many places can be refused: one for each series of the batch, and one for its events
 */
export function parseWriteAnswer(answer: unknown, places: number): WriteAnswer | undefined {
  if (!Array.isArray(answer)) return undefined;
  const [repeated, failedOperations, reason, ...numbers] = answer as readonly unknown[];
  const isNumber = (number: unknown): number is number =>
    Number.isInteger(number) && (number as number) >= 0 && (number as number) <= places;
  if (repeated !== 0 && repeated !== 1) return undefined;
  if (!Number.isInteger(failedOperations) || typeof reason !== 'string') return undefined;
  if (!numbers.every(isNumber)) return undefined;
  const refused = numbers.includes(0)
    ? Array.from({ length: places }, (_, index) => index)
    : numbers.map((number) => number - 1);
  return {
    isRepeated: repeated === 1,
    failedOperations: failedOperations as number,
    reason,
    refused: [...new Set(refused)],
  };
}

function deltaText({ series, value, millis }: Delta): string {
  if (typeof value !== 'number') return histogramText(value);
  return series.type === 'gauge' ? `${millis} ${value}` : String(value);
}

export function metricText({ type, name, unit }: MetricInfo): string {
  return JSON.stringify([name, type, unit]);
}

function seriesText({ type, unit, tags }: RemoteSeries): string {
  return JSON.stringify([type, unit, JSON.parse(tags)]);
}

/** What `metricText` wrote; `undefined` for anything else. */
export function parseMetric(text: string): MetricInfo | undefined {
  const [name, type, unit] = parseArray(text);
  return typeof name === 'string' && isSeriesType(type) && typeof unit === 'string'
    ? { name, type, unit }
    : undefined;
}

/** What `seriesText` wrote; `undefined` for anything else. */
export function parseSeries(name: string, text: string): SeriesInfo | undefined {
  const [type, unit, tags] = parseArray(text);
  return isSeriesType(type) && typeof unit === 'string' && typeof tags === 'object' && tags !== null
    ? { name, type, unit, tags: tags as Record<string, string> }
    : undefined;
}

function parseArray(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

function isSeriesType(value: unknown): value is SeriesType {
  return typeof value === 'string' && value in VERBS;
}

/** `count sum min max zeros scale positive negative`; a half is `index:count,…`; what is unknown or empty is `-`. */
function histogramText(histogram: ExponentialHistogram): string {
  const { count, sum = '-', min = '-', max = '-', zeroCount, scale, positive, negative } = histogram;
  return [count, sum, min, max, zeroCount, scale, halfText(positive), halfText(negative)].join(' ');
}

function halfText({ offset, bucketCounts }: ExponentialBuckets): string {
  const words = bucketCounts.flatMap((count, index) => (count > 0 ? `${offset + index}:${count}` : []));
  return words.length > 0 ? words.join(',') : '-';
}

function parseHistogram(text: string): ExponentialHistogram | undefined {
  const [count, sum, min, max, zeroCount, scale, positive = '', negative = ''] = text.split(' ');
  const parsed = {
    type: 'exponential',
    count: Number(count),
    sum: known(sum),
    min: known(min),
    max: known(max),
    zeroCount: Number(zeroCount),
    scale: Number(scale),
    positive: parseHalf(positive),
    negative: parseHalf(negative),
  } as const;
  return parsed.count > 0 && Number.isInteger(parsed.scale) && parsed.zeroCount >= 0 ? parsed : undefined;
}

function known(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

function parseHalf(text: string): ExponentialBuckets {
  const counts = Array.from(text.matchAll(/(-?\d+):(\d+)/g), ([, index, count]) => [
    Number(index),
    Number(count),
  ]);
  const indexes = counts.map(([index]) => index!);
  if (indexes.length === 0) return { offset: 0, bucketCounts: [] };
  const offset = indexes.reduce((first, second) => Math.min(first, second));
  const last = indexes.reduce((first, second) => Math.max(first, second));
  const bucketCounts = new Array<number>(last - offset + 1).fill(0);
  for (const [index, count] of counts) bucketCounts[index! - offset] = count!;
  return { offset, bucketCounts };
}

/** What a field of a bucket says; `undefined` when there is none, or one that no batch wrote. */
export function parseCell(type: SeriesType, text: unknown): Cell {
  if (typeof text !== 'string') return undefined;
  if (type === 'distribution') return parseHistogram(text);
  return known(type === 'gauge' ? text.split(' ')[1] : text);
}
