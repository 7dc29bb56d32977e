import {
  EMPTY_ACCOUNT,
  log,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type OptionTags,
  type Refusal,
  type Tags,
  type Tally,
} from '@tallykit/exporter-base';
import { boundedHistogram } from './cells.ts';
import { createHandler, type HandlerOptions, type RequestHandler } from './handler.ts';
import { increaseOf, type MetricInfo, type SeriesInfo } from './identity.ts';
import { MemoryTable } from './memory-table.ts';
import { COMPONENT, readOptions, type StoreSettings, type TimeseriesStoreOptions } from './options.ts';
import { groupsOf, readQuery, withPoints, type RangeQuery, type RangeResult } from './range.ts';
import { nameOf, readRecording, unfit, type Recording, type WrittenRecording } from './recording.ts';
import { RedisTable } from './redis-table.ts';
import type { RedisStats } from './redis-writer.ts';
import { bucketsBetween, optimalRollup, rollUp, toSeconds, type Moment, type Rollup } from './rollups.ts';
import { listen, type ListenOptions, type StoreServer } from './server.ts';
import type { SeriesSource } from './source.ts';

/**
 * What a store holds, and where everything that was recorded has gone since it was made. Each value that was recorded, and
 * each histogram, counts as one point. `exported` is what is in the history; nothing is ever `pending`.
 */
export interface StoreStats extends ExporterStats {
  /** How many series are in memory. */
  readonly series: number;
  /** How many there may be: the option `maxSeries`. */
  readonly maxSeries: number;
  /** How much memory the history of the series takes, in bytes. */
  readonly bytes: number;
  /** How much it may take, in bytes: the option `maxBytes`. */
  readonly maxBytes: number;
  /** How many idle series were let go to make room for others. */
  readonly evicted: number;
  /** The same for Redis; `undefined` without the option `redis`. */
  readonly redis: RedisStats | undefined;
}

/** A tally that grows. */
type Sum = { -readonly [Field in keyof Tally]: Tally[Field] };

/** How long `flush` and `forceFlush` may take when nobody says it. */
const FLUSH_MILLIS = 10_000;
/** A program that ends without Redis waits less than two seconds for it. */
const SHUTDOWN_MILLIS = 1_900;

/**
 * Keeps the history of metrics: the last hour in steps of 10 seconds, a week in hours, 90 days in days. In memory, within
 * bounds; with the option `redis` also for all processes of a fleet together.
 *
 * @example
 * const store = new TimeseriesStore();
 * store.record({ name: 'jobs.started', value: 1, tags: { queue: 'mail' } });
 * const end = new Date();
 * const { series } = await store.getRange({ names: ['jobs.started'], start: end.getTime() / 1000 - 600, end });
 */
export class TimeseriesStore {
  readonly #settings: StoreSettings;
  readonly #memory: MemoryTable;
  readonly #redis: RedisTable | undefined;
  readonly #received: Sum = { points: 0, amount: 0 };
  readonly #kept: Sum = { points: 0, amount: 0 };
  readonly #refused = new Map<DropCause, Sum>();

  /** @throws for options that are wrong; never for a Redis that is not there */
  constructor(options: TimeseriesStoreOptions = {}) {
    this.#settings = readOptions(options);
    const nowSeconds = () => this.#settings.now() / 1000;
    this.#memory = new MemoryTable({ ...this.#settings, nowSeconds });
    const { redis, rollups, histogramBuckets } = this.#settings;
    if (redis) this.#redis = new RedisTable({ ...redis, rollups, histogramBuckets, nowSeconds });
  }

  /** The rollups of the option of that name, from fine to coarse. */
  get rollups(): readonly Rollup[] {
    return this.#settings.rollups;
  }

  /**
   * Takes a value. Never throws: what can't be kept is counted in `stats().droppedBy`, and the first of each cause is logged.
   *
   * @example
   * store.record({ name: 'jobs.started', value: 1, tags: { queue: 'mail' } });
   */
  record<T extends Tags<T>>(recording: Recording<T>): void {
    const written = readRecording(recording, this.#settings.now());
    if ('refused' in written) addTo(this.#received, 0);
    const refusal = 'refused' in written ? this.#refuse(written, 0) : this.add(written);
    if (refusal === undefined || this.#refused.get(refusal.refused)!.points > 1) return;
    log(
      'warn',
      `${COMPONENT}: refused ${JSON.stringify(nameOf(recording))}: ${refusal.reason}. Logged once; stats() counts.`,
    );
  }

  /**
   * Takes what a `SeriesReader` read.
   *
   * @internal
   */
  add(recording: WrittenRecording): Refusal | undefined {
    const { type, name, unit, tags, timeMillis, value } = recording;
    const refused = unfit(recording);
    const increase = refused ? 0 : increaseOf(type, value);
    addTo(this.#received, increase);
    if (refused) return this.#refuse(refused, increase);
    const metric = { name, type, unit };
    const seconds = Math.min(timeMillis, this.#settings.now()) / 1000;
    // The histogram is shortened here, so that no rollup has to do it again.
    const kept = typeof value === 'number' ? value : boundedHistogram(value, this.#settings.histogramBuckets);
    const refusal = this.#memory.record(metric, tags, seconds, kept);
    if (refusal) return this.#refuse(refusal, increase);
    addTo(this.#kept, increase);
    this.#redis?.record(metric, tags, seconds, kept);
    return undefined;
  }

  /**
   * The names that have history, sorted: those of the whole fleet when there is Redis and it answers, and otherwise those of
   * this process. Never rejects.
   */
  async names(): Promise<string[]> {
    const metrics = await this.metrics();
    return [...new Set(metrics.map(({ name }) => name))];
  }

  /** The names that have history, with types and units, sorted by name. A name that was recorded as two types is there twice. */
  async metrics(): Promise<readonly MetricInfo[]> {
    return (await this.#ask((source) => source.metrics())).answer;
  }

  /** The series of a name: one for each type and set of tags, and none for an unknown name. */
  async series(name: string): Promise<readonly SeriesInfo[]> {
    const { answer } = await this.#ask((source) => source.series([name]));
    return answer[0] ?? [];
  }

  /**
   * The history of metrics, one series for each name: the values of its series with different tags are added up, and
   * distributions are merged. Every bucket of the range has a point, and an unknown name is a counter of zeros.
   *
   * @throws TypeError or RangeError for a query that makes no sense
   */
  async getRange<T extends OptionTags<T>>(query: RangeQuery<T>): Promise<RangeResult> {
    const range = readQuery(query, this.rollups, this.#settings.now() / 1000);
    const { names, rollup } = range;
    const buckets = bucketsBetween(range.start, range.end, rollup[0]);
    const { answer, source } = await this.#ask(async (asked) => {
      const found = await asked.series(names);
      const groups = names.flatMap((name, index) => groupsOf(name, found[index]!, range));
      const values = await asked.values(groups, rollup, buckets);
      return groups.map(({ metric }, index) => withPoints(metric, buckets, values[index]!));
    });
    return { rollupSeconds: rollup[0], source, series: answer };
  }

  /**
   * What was counted in a range, by name: the sum of the increases of a counter, the number of values of a distribution, and
   * 0 for a gauge.
   *
   * @throws TypeError or RangeError for a query that makes no sense
   */
  async getSums<T extends OptionTags<T>>(query: Omit<RangeQuery<T>, 'by'>): Promise<Map<string, number>> {
    const { series } = await this.getRange(query);
    const sums = new Map(query.names.map((name) => [name, 0]));
    for (const { name, type, points } of series) {
      if (type === 'gauge') continue;
      for (const [, value] of points) {
        sums.set(name, sums.get(name)! + (typeof value === 'number' ? value : (value?.count ?? 0)));
      }
    }
    return sums;
  }

  /**
   * Adds points of a counter up into coarser buckets.
   *
   * @param points ascending, each with the start of its bucket in seconds since 1970
   * @param rollupSeconds how many seconds a coarser bucket has
   */
  rollup(
    points: readonly (readonly [seconds: number, value: number])[],
    rollupSeconds: number,
  ): (readonly [seconds: number, value: number])[] {
    return rollUp(points, rollupSeconds);
  }

  /** How many seconds a bucket has in the finest rollup that is long enough for a range and still reaches back to its start. */
  optimalRollup(start: Moment, end: Moment): number {
    const now = this.#settings.now() / 1000;
    return optimalRollup(this.rollups, { start: toSeconds(start), end: toSeconds(end), now })[0];
  }

  /** What the store holds, and where everything that was recorded has gone. */
  stats(): StoreStats {
    const { maxSeries, maxBytes } = this.#settings;
    const dropped: Sum = { points: 0, amount: 0 };
    for (const { points, amount } of this.#refused.values()) {
      dropped.points += points;
      dropped.amount += amount;
    }
    return {
      received: { ...this.#received },
      exported: { ...this.#kept },
      pending: { points: 0, amount: 0 },
      dropped,
      droppedBy: Object.fromEntries(Array.from(this.#refused, ([cause, sum]) => [cause, { ...sum }])),
      events: EMPTY_ACCOUNT,
      series: this.#memory.size,
      maxSeries,
      bytes: this.#memory.bytes,
      maxBytes,
      evicted: this.#memory.evicted,
      redis: this.#redis?.stats(),
    };
  }

  /**
   * A request handler for `http.createServer`, or to be mounted in a framework: a page with live charts, and its JSON API.
   * Put your own authentication in front of it where others can reach it.
   *
   * @throws TypeError for options that are wrong
   * @example
   * app.use('/internal/metrics', store.handler());
   */
  handler(options: HandlerOptions = {}): RequestHandler {
    return createHandler(this, options, () => this.#settings.now() / 1000);
  }

  /**
   * Serves the page by itself, to this machine only unless the option `host` is another address. Doesn't keep the process
   * alive.
   *
   * @throws TypeError for options that are wrong; rejects when the port is taken
   * @example
   * const { url } = await store.listen({ port: 9400 });
   */
  listen(options: ListenOptions = {}): Promise<StoreServer> {
    return listen(this.handler(), options);
  }

  /** Writes what waits for Redis, like `flush` without options. Always resolves: the truth is in `flush` and `stats`. */
  async forceFlush(): Promise<void> {
    await this.#redis?.forceFlush(FLUSH_MILLIS);
  }

  /**
   * Writes what waits for Redis, and reports what became of it. Without Redis there is nothing to do. Never rejects.
   *
   * @param options `timeoutMillis`: how long it may take, 10,000 by default; `keepsTrying`: whether what Redis doesn't take
   *   is tried again until then, not by default
   */
  async flush(
    options: { readonly timeoutMillis?: number | undefined; readonly keepsTrying?: boolean | undefined } = {},
  ): Promise<FlushReport> {
    const { timeoutMillis = FLUSH_MILLIS, keepsTrying = false } = options;
    const report = await this.#redis?.flush(timeoutMillis, keepsTrying);
    return report ?? { exported: 0, pending: 0, dropped: 0, errors: [] };
  }

  /**
   * Writes what waits for Redis, trying again until the time is up, and closes the connection. What Redis didn't take is
   * dropped and counted. What is in memory can still be read. Never rejects.
   *
   * @param options `timeoutMillis`: how long it may take, a little less than 2,000 by default
   */
  async shutdown(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<void> {
    await this.#redis?.close(options.timeoutMillis ?? SHUTDOWN_MILLIS);
  }

  /** Redis, and this process's own memory when it doesn't answer. */
  async #ask<Answer>(
    question: (source: SeriesSource) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer; readonly source: 'memory' | 'redis' }> {
    if (this.#redis) {
      try {
        return { answer: await question(this.#redis), source: 'redis' };
      } catch {
        // The connection has logged why.
      }
    }
    return { answer: await question(this.#memory), source: 'memory' };
  }

  #refuse(refusal: Refusal, increase: number): Refusal {
    let sum = this.#refused.get(refusal.refused);
    if (sum === undefined) this.#refused.set(refusal.refused, (sum = { points: 0, amount: 0 }));
    addTo(sum, increase);
    return refusal;
  }
}

/** One more point, and what it adds to the amount. */
function addTo(sum: Sum, increase: number): void {
  sum.points += 1;
  sum.amount += increase;
}
