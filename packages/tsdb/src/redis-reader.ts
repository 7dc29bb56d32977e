import { createColumn, type Carrying, type Column } from './columns.ts';
import { MAX_EVENTS, parseEvent, type StoredEvent } from './events.ts';
import {
  metricKey,
  plainTagWriter,
  redisField,
  seriesKey,
  sortMetrics,
  type MetricInfo,
  type SeriesInfo,
  type SeriesType,
} from './identity.ts';
import { BUCKETS_AHEAD, BYTES_PER_SERIES, MAX_BYTES_HELD, TooMuchError, WEIGHTS } from './limits.ts';
import { COMPONENT } from './options.ts';
import { CommandError, type RedisConnection } from './redis-connection.ts';
import { metricText, parseCell, parseMetric, parseSeries, type RedisKeys } from './redis-format.ts';
import { DELETE_SCRIPT, READ_SCRIPT } from './redis-script.ts';
import type { RefusedKeys } from './refused-keys.ts';
import { bucketStart, SPARE_BUCKETS, type Buckets, type Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';
import type { Turn } from './turns.ts';

export interface RedisReaderOptions {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly refusedKeys: RefusedKeys;
  readonly rollups: readonly Rollup[];
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
}

/**
 * How many buckets one command reads, so that Redis answers others soon. Of fields, Lua can't unpack more than 8,000 at
 * once.
 */
const BUCKETS_PER_COMMAND = 8000;

/** How many such commands are on their way at a time. */
const COMMANDS_AT_ONCE = 4;

/** How many members of an index one command reads, about. */
const MEMBERS_PER_COMMAND = 1000;

/** A series that is read, and the field of the hashes that holds it. */
interface Member {
  readonly info: SeriesInfo;
  readonly field: string;
}

/** Some buckets of some series in one command. */
interface Piece {
  readonly members: readonly Member[];
  readonly keys: readonly string[];
  /** Which of the buckets is the first. */
  readonly from: number;
}

/** Reads the history of a fleet from Redis, in pieces. Every method rejects when Redis gives no answer that makes sense. */
export class RedisReader implements SeriesSource {
  readonly kind = 'redis';
  readonly #options: RedisReaderOptions;

  constructor(options: RedisReaderOptions) {
    this.#options = options;
  }

  async metrics(): Promise<readonly MetricInfo[]> {
    const metrics = new Map<string, MetricInfo>();
    for await (const texts of this.#members(this.#options.keys.metrics)) {
      for (const text of texts) {
        const metric = parseMetric(text);
        // Processes may have recorded it with different units.
        if (metric !== undefined && !metrics.has(metricKey(metric))) metrics.set(metricKey(metric), metric);
      }
      this.#refuseTooMany(metrics.size);
    }
    return sortMetrics([...metrics.values()]);
  }

  async series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    let count = 0;
    return Promise.all(
      names.map(async (name) => {
        const series = new Map<string, SeriesInfo>();
        for await (const texts of this.#members(this.#options.keys.series(name))) {
          const before = series.size;
          for (const text of texts) {
            const info = parseSeries(name, text);
            const key = info && keyOf(info);
            if (key !== undefined && !series.has(key)) series.set(key, info!);
          }
          count += series.size - before;
          this.#refuseTooMany(count);
        }
        return [...series.values()];
      }),
    );
  }

  async *columns(
    groups: readonly SeriesMetric[],
    buckets: Buckets,
    carrying: Carrying,
    turn: Turn,
  ): AsyncGenerator<Column> {
    let rows: ReadonlyMap<SeriesInfo, readonly unknown[]> = new Map();
    for (const [number, { type, series }] of groups.entries()) {
      const column = createColumn(type, buckets, carrying, series.length === 1);
      for (const [index, info] of series.entries()) {
        if (!rows.has(info)) rows = await this.#readAhead(groups, number, index, buckets, column.ahead);
        const row = rows.get(info)!;
        const offset = row.length - buckets.count;
        await column.add({ cellAt: (at) => parseCell(type, row[at + offset]) }, turn);
      }
      yield await column.finish(turn);
    }
  }

  async earliest(): Promise<number | undefined> {
    const { keys, rollups, nowSeconds } = this.#options;
    const first = await this.#ask('list', ['GET', keys.first], (answer) =>
      answer === null || typeof answer === 'string' ? { seconds: Number(answer ?? Number.NaN) } : undefined,
    );
    if (!Number.isFinite(first.seconds)) return undefined;
    const [seconds, samples] = rollups.at(-1)!;
    return Math.max(first.seconds, bucketStart(nowSeconds(), seconds) - seconds * (samples - 1));
  }

  async events(): Promise<readonly StoredEvent[]> {
    const words = ['ZRANGE', this.#options.keys.events, String(-MAX_EVENTS), '-1'];
    const texts = await this.#ask('list', words, asTexts);
    return texts.flatMap((text) => parseEvent(text) ?? []);
  }

  /** Forgets series of a name: all of them, or those with exactly these tags. @returns how many there were */
  async delete(name: string, tags: string | undefined): Promise<number> {
    const { keys, rollups, nowSeconds } = this.#options;
    const index = keys.series(name);
    const found = new Map<string, SeriesInfo>();
    const texts = new Set<string>();
    const metrics = new Map<string, SeriesType>();
    const keptTypes = new Set<SeriesType>();
    for await (const some of this.#members(index)) {
      for (const text of some) {
        const info = parseSeries(name, text);
        if (info === undefined) continue;
        if (tags !== undefined && plainTagWriter.write(info.tags) !== tags) {
          keptTypes.add(info.type);
          continue;
        }
        texts.add(text);
        found.set(keyOf(info), info);
        metrics.set(metricText(info), info.type);
      }
    }
    // The history first: what is in no index could not be found any more, and would come back with the next value.
    for (const [seconds, samples] of rollups) {
      const starts = Array.from(
        { length: samples + SPARE_BUCKETS + 1 },
        (_, at) => bucketStart(nowSeconds(), seconds) + (1 - at) * seconds,
      );
      for (const [node, members] of membersByNode([...found.values()])) {
        for (const fields of chunksOf(members, MEMBERS_PER_COMMAND)) {
          for (const some of chunksOf(starts, Math.max(1, Math.floor(BUCKETS_PER_COMMAND / fields.length)))) {
            const itsKeys = some.map((start) => keys.bucket(seconds, start, node));
            await this.#change([
              'EVAL',
              DELETE_SCRIPT,
              String(itsKeys.length),
              ...itsKeys,
              ...fields.map(fieldOf),
            ]);
          }
        }
      }
    }
    for (const some of chunksOf([...texts], MEMBERS_PER_COMMAND))
      await this.#change(['ZREM', index, ...some]);
    const gone = [...metrics].filter(([, type]) => !keptTypes.has(type)).map(([text]) => text);
    for (const some of chunksOf(gone, MEMBERS_PER_COMMAND))
      await this.#change(['ZREM', keys.metrics, ...some]);
    return found.size;
  }

  async #ask<Answer>(
    purpose: 'list' | 'read',
    words: readonly string[],
    understand: (answer: unknown) => Answer | undefined,
  ): Promise<Answer> {
    try {
      return await this.#options.connection.command(words, purpose, understand);
    } catch (error) {
      if (error instanceof CommandError && error.isRefusedKey) this.#options.refusedKeys.log(error.message);
      throw error;
    }
  }

  #change(words: readonly string[]): Promise<number> {
    return this.#options.connection.command(
      words,
      'write',
      (answer) => (typeof answer === 'number' ? answer : undefined),
      true,
    );
  }

  /** The members of an index, some at a time. One that changes meanwhile may come twice. */
  async *#members(key: string): AsyncGenerator<readonly string[]> {
    let cursor = '0';
    do {
      const words = ['ZSCAN', key, cursor, 'COUNT', String(MEMBERS_PER_COMMAND)];
      const scanned = await this.#ask('list', words, asScan);
      yield scanned.members;
      cursor = scanned.cursor;
    } while (cursor !== '0');
  }

  #refuseTooMany(count: number): void {
    const held = count * BYTES_PER_SERIES.redis;
    if (held > MAX_BYTES_HELD) throw new TooMuchError(COMPONENT, held, MAX_BYTES_HELD, 'bytes');
  }

  /** The texts of a series, and of as many of those after it as may be held. */
  async #readAhead(
    groups: readonly SeriesMetric[],
    number: number,
    index: number,
    buckets: Buckets,
    ahead: number,
  ): Promise<ReadonlyMap<SeriesInfo, readonly unknown[]>> {
    const chosen: SeriesInfo[] = [];
    const { type } = groups[number]!;
    let left = BUCKETS_AHEAD;
    let from = index;
    for (let at = number; at < groups.length && groups[at]!.type === type && left > 0; at += 1) {
      const size = WEIGHTS[type] * Math.max(buckets.count, 1);
      const some = groups[at]!.series.slice(from, from + Math.max(1, Math.floor(left / size)));
      left -= some.length * size;
      chosen.push(...some);
      from = 0;
    }
    return this.#rows(chosen, type, buckets, ahead);
  }

  /** The text of each series in each bucket. Series in the same virtual node are read together. */
  async #rows(
    series: readonly SeriesInfo[],
    type: SeriesType,
    buckets: Buckets,
    ahead: number,
  ): Promise<ReadonlyMap<SeriesInfo, readonly unknown[]>> {
    const rows = new Map<SeriesInfo, unknown[]>(series.map((info) => [info, []]));
    const length = buckets.count + ahead;
    const pieces: Piece[] = [];
    for (const [node, ofNode] of membersByNode(series)) {
      for (const members of chunksOf(ofNode, Math.floor(BUCKETS_PER_COMMAND / WEIGHTS[type]))) {
        const size = Math.max(1, Math.floor(BUCKETS_PER_COMMAND / WEIGHTS[type] / members.length));
        for (let from = 0; from < length; from += size) {
          const keys = Array.from({ length: Math.min(size, length - from) }, (_, at) =>
            this.#options.keys.bucket(buckets.rollup[0], buckets.startOf(from + at - ahead), node),
          );
          pieces.push({ members, keys, from });
        }
      }
    }
    for (const some of chunksOf(pieces, COMMANDS_AT_ONCE)) {
      await Promise.all(some.map((piece) => this.#read(piece, rows)));
    }
    return rows;
  }

  async #read({ members, keys, from }: Piece, rows: ReadonlyMap<SeriesInfo, unknown[]>): Promise<void> {
    const words = ['EVAL', READ_SCRIPT, String(keys.length), ...keys, ...members.map(fieldOf)];
    const table = await this.#ask('read', words, (answer) => asTable(answer, keys.length, members.length));
    for (const [index, { info }] of members.entries()) {
      const row = rows.get(info)!;
      for (const [at, cells] of table.entries()) row[from + at] = cells[index];
    }
  }
}

function keyOf({ type, name, tags }: SeriesInfo): string {
  return seriesKey(type, name, plainTagWriter.write(tags));
}

function fieldOf({ field }: Member): string {
  return field;
}

function membersByNode(series: readonly SeriesInfo[]): ReadonlyMap<number, Member[]> {
  const nodes = new Map<number, Member[]>();
  for (const info of series) {
    const { field, virtualNode } = redisField(keyOf(info));
    const members = nodes.get(virtualNode);
    if (members) members.push({ info, field });
    else nodes.set(virtualNode, [{ info, field }]);
  }
  return nodes;
}

function* chunksOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

function asTexts(answer: unknown): readonly string[] | undefined {
  return Array.isArray(answer) && answer.every((each) => typeof each === 'string') ? answer : undefined;
}

/** Members and their scores, in turn. */
function asScan(
  answer: unknown,
): { readonly cursor: string; readonly members: readonly string[] } | undefined {
  if (!Array.isArray(answer) || answer.length !== 2) return undefined;
  const [cursor, list] = answer as readonly unknown[];
  const texts = asTexts(list);
  if (typeof cursor !== 'string' || texts === undefined) return undefined;
  return { cursor, members: texts.filter((_, index) => index % 2 === 0) };
}

function asTable(
  answer: unknown,
  rows: number,
  columns: number,
): readonly (readonly unknown[])[] | undefined {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns;
  return Array.isArray(answer) && answer.length === rows && answer.every(isRow) ? answer : undefined;
}
