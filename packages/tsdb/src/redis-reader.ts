import { systemClock, Yielder } from '@tallykit/exporter-base';
import { combine, pointOf, type PointValue } from './cells.ts';
import { plainTagWriter, redisField, seriesKey, type MetricInfo, type SeriesInfo } from './identity.ts';
import { CommandError, type RedisConnection } from './redis-connection.ts';
import { parseCell, parseMetric, parseSeries, type RedisKeys } from './redis-format.ts';
import { READ_SCRIPT } from './redis-script.ts';
import type { RefusedKeys } from './refused-keys.ts';
import type { Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';

/** How many fields one command reads: Lua can't unpack more than 8,000 values. */
const MAX_FIELDS = 1000;

/** A series that is read, and the field of the hashes that holds it. */
interface Member {
  readonly info: SeriesInfo;
  readonly field: string;
}

/** Reads the history of a fleet from Redis. Every method rejects when Redis gives no answer that makes sense. */
export class RedisReader implements SeriesSource {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #refusedKeys: RefusedKeys;

  constructor(connection: RedisConnection, keys: RedisKeys, refusedKeys: RefusedKeys) {
    this.#connection = connection;
    this.#keys = keys;
    this.#refusedKeys = refusedKeys;
  }

  async metrics(): Promise<readonly MetricInfo[]> {
    const texts = await this.#ask('list', ['ZRANGE', this.#keys.metrics, '0', '-1'], asTexts);
    const metrics = texts.flatMap((text) => parseMetric(text) ?? []);
    return metrics.sort((first, second) => (first.name < second.name ? -1 : 1));
  }

  series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    return Promise.all(
      names.map(async (name) => {
        const texts = await this.#ask('list', ['ZRANGE', this.#keys.series(name), '0', '-1'], asTexts);
        return texts.flatMap((text) => parseSeries(name, text) ?? []);
      }),
    );
  }

  async values(
    groups: readonly SeriesMetric[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<readonly (readonly PointValue[])[]> {
    const rows = await this.#rows(
      groups.flatMap(({ series }) => series),
      rollup,
      buckets,
    );
    const yielder = new Yielder(systemClock);
    const values: PointValue[][] = [];
    for (const { type, series } of groups) {
      const points: PointValue[] = [];
      for (const index of buckets.keys()) {
        const cells = series.map((info) => parseCell(type, rows.get(info)?.[index]));
        points.push(pointOf(type, combine(cells)));
        if (yielder.isDue()) await yielder.yieldToEventLoop();
      }
      values.push(points);
    }
    return values;
  }

  async #ask<Answer>(
    purpose: 'list' | 'read',
    words: readonly string[],
    understand: (answer: unknown) => Answer | undefined,
  ): Promise<Answer> {
    try {
      return await this.#connection.command(words, purpose, understand);
    } catch (error) {
      if (error instanceof CommandError && error.isRefusedKey) this.#refusedKeys.log(error.message);
      throw error;
    }
  }

  /** The text of each series in each bucket. Series in the same virtual node are read together. */
  async #rows(
    series: readonly SeriesInfo[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<ReadonlyMap<SeriesInfo, readonly unknown[]>> {
    const rows = new Map<SeriesInfo, unknown[]>();
    const reads: Promise<void>[] = [];
    for (const [virtualNode, members] of membersByNode(series)) {
      const keys = buckets.map((bucket) => this.#keys.bucket(rollup[0], bucket, virtualNode));
      for (let from = 0; from < members.length; from += MAX_FIELDS) {
        reads.push(this.#read(keys, members.slice(from, from + MAX_FIELDS), rows));
      }
    }
    await Promise.all(reads);
    return rows;
  }

  async #read(
    keys: readonly string[],
    members: readonly Member[],
    rows: Map<SeriesInfo, unknown[]>,
  ): Promise<void> {
    if (keys.length === 0) return;
    const fields = members.map(({ field }) => field);
    const words = ['EVAL', READ_SCRIPT, String(keys.length), ...keys, ...fields];
    const table = await this.#ask('read', words, (answer) => asTable(answer, keys.length, fields.length));
    for (const [index, { info }] of members.entries()) {
      rows.set(
        info,
        table.map((row) => row[index]),
      );
    }
  }
}

function membersByNode(series: readonly SeriesInfo[]): ReadonlyMap<number, Member[]> {
  const nodes = new Map<number, Member[]>();
  for (const info of series) {
    const { field, virtualNode } = redisField(
      seriesKey(info.type, info.name, plainTagWriter.write(info.tags)),
    );
    const members = nodes.get(virtualNode);
    if (members) members.push({ info, field });
    else nodes.set(virtualNode, [{ info, field }]);
  }
  return nodes;
}

function asTexts(answer: unknown): readonly string[] | undefined {
  return Array.isArray(answer) && answer.every((each) => typeof each === 'string') ? answer : undefined;
}

function asTable(
  answer: unknown,
  rows: number,
  columns: number,
): readonly (readonly unknown[])[] | undefined {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === columns;
  return Array.isArray(answer) && answer.length === rows && answer.every(isRow) ? answer : undefined;
}
