import { randomUUID } from 'node:crypto';
import {
  Ledger,
  reasonOf,
  log,
  settledWithin,
  Yielder,
  systemClock,
  visible,
  type Account,
  type Clock,
  type ExponentialHistogram,
  type FlushReport,
  type Tally,
} from '@tallykit/exporter-base';
import { combine, pointOf, type PointValue } from './cells.ts';
import { plainTagWriter, redisField, seriesKey, type MetricInfo, type SeriesInfo } from './identity.ts';
import { PendingDeltas, remoteSeries, type Delta, type RemoteSeries } from './pending.ts';
import {
  CommandError,
  RedisConnection,
  type Purpose,
  type RedisConnectionOptions,
} from './redis-connection.ts';
import {
  parseCell,
  parseMetric,
  parseSeries,
  parseWriteAnswer,
  RedisKeys,
  writeCommand,
  type WriteAnswer,
  type WriteCommand,
} from './redis-format.ts';
import { READ_SCRIPT } from './redis-script.ts';
import type { Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';

export interface RedisTableOptions extends Omit<RedisConnectionOptions, 'component' | 'clock'> {
  readonly keyPrefix: string;
  readonly rollups: readonly Rollup[];
  readonly histogramBuckets: number;
  readonly maxPendingBytes: number;
  /** Seconds since 1970. */
  readonly now: () => number;
  /**
   * For tests.
   *
   * @default the machine's own
   */
  readonly clock?: Clock;
}

/** What Redis was given. */
export interface RedisStats extends Account {
  /** Whether something that was asked of it failed, and has not worked since. */
  readonly isAway: boolean;
  readonly batches: number;
  /** Batches that Redis had applied before, although its answer was lost. They added nothing the second time. */
  readonly repeatedBatches: number;
  /** Single writes that Redis refused, because somebody else's data is at their key. Their points are `dropped`. */
  readonly failedOperations: number;
  /** What waiting deltas take, at most `maxPendingBytes`. */
  readonly pendingBytes: number;
}

/** How many series one batch may have: enough for one script an interval, few enough not to hold Redis up. */
const MAX_BATCH = 2000;
/** How long deltas are gathered before they are written, so that one export becomes one batch. */
const GATHER_MILLIS = 1000;
/** Fields of one read: Lua can't unpack more than 8,000 values. */
const MAX_FIELDS = 1000;
const MAX_REMEMBERED_SERIES = 100_000;

function wait(clock: Clock, millis: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(millis, resolve);
  });
}

/** The series of a fleet, in Redis. */
export class RedisTable implements SeriesSource {
  readonly #options: RedisTableOptions;
  readonly #clock: Clock;
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #pending: PendingDeltas;
  readonly #ledger = new Ledger('TimeseriesStore (Redis)');
  readonly #remote = new Map<string, RemoteSeries>();
  readonly #writer = randomUUID();
  #sequence = 0;
  /** Sent, and not known to have arrived: it stays as it is until it is. */
  #underway: WriteCommand | undefined;
  #writing: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  /** Takes nothing more. */
  #isClosed = false;
  /** Writes nothing more. */
  #isGivenUp = false;
  #loggedRefusedKey = false;
  #batches = 0;
  #repeatedBatches = 0;
  #failedOperations = 0;

  constructor(options: RedisTableOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#keys = new RedisKeys(options.keyPrefix);
    this.#pending = new PendingDeltas(options.rollups, options.maxPendingBytes, options.histogramBuckets);
    this.#connection = new RedisConnection({ ...options, component: 'TimeseriesStore', clock: this.#clock });
  }

  get isAway(): boolean {
    return this.#connection.isAway;
  }

  stats(): RedisStats {
    return {
      ...this.#ledger.account(),
      isAway: this.isAway,
      batches: this.#batches,
      repeatedBatches: this.#repeatedBatches,
      failedOperations: this.#failedOperations,
      pendingBytes: this.#pending.bytes,
    };
  }

  /** Takes what was recorded, to be written soon. */
  record(metric: MetricInfo, tags: string, seconds: number, value: number | ExponentialHistogram): void {
    const amount = amountOf(metric.type, value);
    this.#ledger.receive(1, amount);
    if (this.#isClosed) {
      this.#ledger.drop('shutdown', 1, amount, metric.name, 'the store has been shut down');
      return;
    }
    const dropped = this.#pending.add(this.#remoteSeries(metric, tags), seconds, seconds * 1000, value);
    for (const delta of dropped) {
      const lost = amountOf(delta.series.type, delta.value);
      this.#ledger.drop('overflow', delta.points, lost, delta.series.name, this.#overflow());
    }
    this.#schedule(GATHER_MILLIS);
  }

  /**
   * Writes what is waiting, and waits for that at most so long. Never rejects.
   *
   * @param keepsTrying whether what Redis doesn't take is tried again until the time is up
   */
  async flush(timeoutMillis: number, keepsTrying: boolean): Promise<FlushReport> {
    await this.#writeWithin(timeoutMillis, keepsTrying);
    return this.#ledger.report();
  }

  /** Writes what it can in that time, and gives up the rest. Of several calls, the one with the least patience holds. */
  async close(timeoutMillis: number): Promise<void> {
    this.#isClosed = true;
    await this.#writeWithin(timeoutMillis, true);
    this.#giveUp();
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
    purpose: Purpose,
    words: readonly string[],
    understand: (answer: unknown) => Answer | undefined,
  ): Promise<Answer> {
    try {
      return await this.#connection.command(words, purpose, understand);
    } catch (error) {
      if (error instanceof CommandError && error.isRefusedKey) this.#logRefusedKey(error.message);
      throw error;
    }
  }

  /** The text of each series in each bucket. Series in the same virtual node are read together. */
  async #rows(
    series: readonly SeriesInfo[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<ReadonlyMap<SeriesInfo, readonly unknown[]>> {
    const nodes = new Map<number, { readonly info: SeriesInfo; readonly field: string }[]>();
    for (const info of series) {
      const { field, virtualNode } = redisField(
        seriesKey(info.type, info.name, plainTagWriter.write(info.tags)),
      );
      const members = nodes.get(virtualNode);
      if (members) members.push({ info, field });
      else nodes.set(virtualNode, [{ info, field }]);
    }
    const rows = new Map<SeriesInfo, unknown[]>();
    const reads: Promise<void>[] = [];
    for (const [virtualNode, members] of nodes) {
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
    members: readonly { readonly info: SeriesInfo; readonly field: string }[],
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

  #remoteSeries(metric: MetricInfo, tags: string): RemoteSeries {
    const key = seriesKey(metric.type, metric.name, tags);
    let remote = this.#remote.get(key);
    if (remote === undefined) {
      if (this.#remote.size >= MAX_REMEMBERED_SERIES) this.#remote.clear();
      remote = remoteSeries(metric, tags);
      this.#remote.set(key, remote);
    }
    return remote;
  }

  #schedule(millis: number): void {
    if (this.#cancelTimer || this.#writing || this.#isGivenUp) return;
    this.#cancelTimer = this.#clock.schedule(millis, () => {
      this.#cancelTimer = undefined;
      void this.#write();
    });
  }

  get #isWaiting(): boolean {
    return this.#underway !== undefined || this.#pending.size > 0;
  }

  async #writeWithin(timeoutMillis: number, keepsTrying: boolean): Promise<void> {
    const end = this.#clock.now() + timeoutMillis;
    const write = async (): Promise<void> => {
      // One that began before may not take the latest with it, and may fail.
      await this.#writing;
      this.#connection.hurry();
      await this.#write();
      if (!keepsTrying) return;
      while (this.#isWaiting && this.#clock.now() < end) {
        await wait(this.#clock, this.#connection.pauseLeft('write'));
        await this.#write();
      }
    };
    await settledWithin(this.#clock, timeoutMillis, write());
  }

  #giveUp(): void {
    if (this.#isGivenUp) return;
    this.#isGivenUp = true;
    this.#cancelTimer?.();
    this.#connection.close();
    this.#underway = undefined;
    this.#pending.take(Infinity);
    const { points, amount } = this.#ledger.account().pending;
    if (points === 0) return;
    this.#ledger.drop(
      'shutdown',
      points,
      amount,
      `${points} points`,
      'Redis did not confirm them before the shutdown',
    );
  }

  /** Writes until nothing waits or Redis doesn't take it; then a timer tries again. Never rejects. */
  #write(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      if (this.#isWaiting) this.#schedule(this.#connection.pauseLeft('write') || GATHER_MILLIS);
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (;;) {
      const batch = (this.#underway ??= this.#nextBatch());
      if (batch === undefined) return;
      const { words, bySeries } = batch;
      try {
        const answer = await this.#connection.command(words, 'write', (each) =>
          parseWriteAnswer(each, bySeries.length),
        );
        // What was given up is counted already.
        if (this.#isGivenUp) return;
        this.#settle(batch, answer);
      } catch (error) {
        if (!this.#isGivenUp) this.#ledger.note(reasonOf(error));
        return;
      }
      this.#underway = undefined;
    }
  }

  #nextBatch(): WriteCommand | undefined {
    const deltas = this.#pending.take(MAX_BATCH);
    if (deltas.length === 0) return undefined;
    const { rollups, histogramBuckets, now } = this.#options;
    this.#sequence += 1;
    const options = { keys: this.#keys, rollups, histogramBuckets, writer: this.#writer, now: now() };
    return writeCommand(deltas, this.#sequence, options);
  }

  #settle({ bySeries }: WriteCommand, answer: WriteAnswer): void {
    this.#batches += 1;
    if (answer.isRepeated) this.#repeatedBatches += 1;
    this.#failedOperations += answer.failedOperations;
    const refused = new Set(answer.refused);
    for (const [index, deltas] of bySeries.entries()) {
      const { name } = deltas[0]!.series;
      const { points, amount } = tallyOf(deltas);
      if (!refused.has(index)) {
        this.#ledger.export(points, amount);
        continue;
      }
      this.#ledger.drop(
        'refused',
        points,
        amount,
        `${points} points of ${name}`,
        this.#refusal(answer.reason),
      );
      // The ledger has logged it.
      this.#loggedRefusedKey = true;
    }
  }

  #refusal(reason: string): string {
    const { keyPrefix, destination } = this.#options;
    return (
      `Redis at ${destination} refused it: ${visible(reason)}. Set \`keyPrefix\` of the option \`redis\` where ` +
      `somebody else's data is at keys that begin with ${JSON.stringify(keyPrefix)}`
    );
  }

  #logRefusedKey(reason: string): void {
    if (this.#loggedRefusedKey) return;
    this.#loggedRefusedKey = true;
    log(
      'warn',
      `TimeseriesStore: ${this.#refusal(reason)}. Such questions are answered from this process's own memory. Logged once.`,
    );
  }

  #overflow(): string {
    const { maxPendingBytes } = this.#options;
    return (
      `Redis has been away for so long that what waits for it takes ${maxPendingBytes} bytes; ` +
      'raise `maxPendingBytes` of the option `redis` to keep more'
    );
  }
}

function amountOf(type: string, value: number | ExponentialHistogram): number {
  return type === 'counter' ? (value as number) : 0;
}

function tallyOf(deltas: readonly Delta[]): Tally {
  let points = 0;
  let amount = 0;
  for (const { points: itsPoints, series, value } of deltas) {
    points += itsPoints;
    amount += amountOf(series.type, value);
  }
  return { points, amount };
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
