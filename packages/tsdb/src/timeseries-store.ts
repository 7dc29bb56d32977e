import {
  log,
  type Account,
  type DropCause,
  type ExporterStats,
  type FlushReport,
  type OptionTags,
  type Refusal,
  type Tags,
  type Tally,
} from '@tallykit/exporter-base';
import { boundedHistogram } from './cells.ts';
import { readEvent, type EventRecording, type StoredEvent } from './events.ts';
import { Gate } from './gate.ts';
import { createHandler, type HandlerOptions, type RequestHandler, type ServedStore } from './handler.ts';
import { increaseOf, plainTagWriter, type MetricInfo, type SeriesInfo, type SeriesType } from './identity.ts';
import { QUERIES_AT_ONCE, TooMuchError } from './limits.ts';
import { MemoryTable } from './memory-table.ts';
import { COMPONENT, readOptions, type StoreSettings, type TimeseriesStoreOptions } from './options.ts';
import {
  chooseBuckets,
  LargestColumns,
  matchingGroups,
  readQuery,
  seriesOf,
  type RangeAnswer,
  type RangeQuery,
  type RangeResult,
  type RangeSeries,
} from './range.ts';
import { nameOf, readRecording, unfit, type Recording, type WrittenRecording } from './recording.ts';
import { RedisTable } from './redis-table.ts';
import type { RedisStats } from './redis-writer.ts';
import { reachingRollups, rollUp, toSeconds, type Moment, type Rollup } from './rollups.ts';
import { listen, type ListenOptions, type StoreServer } from './server.ts';
import type { SeriesSource } from './source.ts';
import { Turns } from './turns.ts';

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

/** How many kinds of refusals are logged. */
const MAX_LOGGED = 20;

/** How long `flush` and `forceFlush` may take when nobody says it. */
const FLUSH_MILLIS = 10_000;
/** A program that ends without Redis waits less than two seconds for it. */
const SHUTDOWN_MILLIS = 1_900;

/**
 * Keeps the history of metrics: the last hour in steps of 10 seconds, a day in minutes, a week in hours, 90 days in days; and
 * the last events. In memory, within bounds; with the option `redis` also for all processes of a fleet together.
 *
 * A query reads within bounds that are known before it begins, in slices between which the event loop has its turn, and
 * some at a time; others wait.
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
  readonly #logged = new Set<string>();
  readonly #events = { received: 0, refused: 0 };
  readonly #turns = new Turns();
  /** Queries of the program. */
  readonly #queries = new Gate(QUERIES_AT_ONCE);
  /** Requests of all handlers: a client that reads slowly must not hold up the program. */
  readonly #requests = new Gate(QUERIES_AT_ONCE);
  readonly #servers = new Set<StoreServer>();
  #isFedByExporter = false;
  #isShutDown = false;

  /** @throws for options that are wrong; never for a Redis that is not there */
  constructor(options: TimeseriesStoreOptions = {}) {
    this.#settings = readOptions(options);
    const nowSeconds = () => this.#nowSeconds();
    this.#memory = new MemoryTable({ ...this.#settings, nowSeconds });
    const { redis, rollups, histogramBuckets, idleSeconds } = this.#settings;
    const firstSeconds = () => this.#memory.firstSeconds;
    const shared = { rollups, histogramBuckets, idleSeconds, nowSeconds, firstSeconds };
    if (redis) this.#redis = new RedisTable({ ...redis, ...shared });
  }

  /** The rollups of the option of that name, from fine to coarse. */
  get rollups(): readonly Rollup[] {
    return this.#settings.rollups;
  }

  /**
   * Takes a value. Never throws: what can't be kept is counted in `stats().droppedBy`, and the first of each kind is logged.
   *
   * @example
   * store.record({ name: 'jobs.started', value: 1, tags: { queue: 'mail' } });
   */
  record<T extends Tags<T>>(recording: Recording<T>): void {
    const written = readRecording(recording, this.#settings.now());
    if ('refused' in written) addTo(this.#received, 0);
    const refusal = 'refused' in written ? this.#refuse(written, 0) : this.add(written);
    if (refusal === undefined) return;
    const { refused, reason } = refusal;
    // Each wrong form has a reason of its own. Other reasons have figures in them.
    this.#logOnce(
      refused === 'notRepresentable' ? reason : refused,
      `refused ${JSON.stringify(nameOf(recording))}: ${reason}. Logged once; stats() counts`,
    );
  }

  /**
   * Takes an event, to be shown beside the history. The last 200 are kept. Never throws: what is no event is counted in
   * `stats().events`, and the first of each kind is logged.
   *
   * @example
   * store.recordEvent({ title: 'Deploy', text: 'v42 is live', tags: { service: 'web' } });
   */
  recordEvent<T extends Tags<T>>(event: EventRecording<T>): void {
    const refusal = this.addEvent(event);
    if (refusal === undefined) return;
    this.#logOnce(refusal.reason, `refused an event: ${refusal.reason}. Logged once; stats() counts`);
  }

  /**
   * Takes an event, or says why it is none.
   *
   * @internal
   */
  addEvent(event: EventRecording): Refusal | undefined {
    this.#events.received += 1;
    const stored = readEvent(event, this.#settings.now());
    if ('refused' in stored) {
      this.#events.refused += 1;
      return stored;
    }
    this.#memory.recordEvent(stored);
    this.#redis?.recordEvent(stored);
    return undefined;
  }

  /**
   * Tells the store that an exporter feeds it: values come once in an interval, and belong to a moment before.
   *
   * @internal
   */
  expectExports(): void {
    this.#isFedByExporter = true;
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

  /** The metrics that have history, with types and units, sorted by name. A name that was recorded as two types is there twice. */
  async metrics(): Promise<readonly MetricInfo[]> {
    return (await this.#ask((source) => source.metrics())).answer;
  }

  /**
   * The series of a name: one for each type and set of tags, and none for an unknown name.
   *
   * @param type only those of this type
   * @throws TooMuchError when there are too many to be listed
   */
  async series(name: string, type?: SeriesType): Promise<readonly SeriesInfo[]> {
    const [series = []] = await this.#queries.pass(() => this.#seriesOf([name], type));
    return series;
  }

  /**
   * The history of metrics, one series for each name and type: the values of its series with different tags are added up, and
   * distributions are merged. Every bucket of the range has a point. A name for which nothing was recorded is left out.
   *
   * @throws TypeError or RangeError for a query that makes no sense; TooMuchError, a RangeError, for one that would read or
   *   hold too much
   */
  async getRange<T extends OptionTags<T>>(query: RangeQuery<T>): Promise<RangeResult> {
    return this.#queries.pass(async () => {
      const { buckets, columns, ...others } = await this.#range(query);
      const turn = await this.#turns.begin();
      const series: RangeSeries[] = [];
      for (const column of columns) series.push(await seriesOf(column, buckets, turn));
      return { rollupSeconds: buckets.rollup[0], ...others, series };
    });
  }

  /**
   * What was counted in a range, by name: the sum of the increases of a counter, the number of values of a distribution, and
   * 0 for a gauge and for a name for which nothing was recorded.
   *
   * @throws as `getRange` does
   */
  async getSums<T extends OptionTags<T>>(
    query: Omit<RangeQuery<T>, 'by' | 'limit'>,
  ): Promise<Map<string, number>> {
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
    const [rollup] = reachingRollups(this.rollups, { start: toSeconds(start), end: toSeconds(end), now });
    return rollup[0];
  }

  /**
   * The first moment that history is known of, in seconds since 1970: when the store was made, unless something was recorded
   * for an earlier moment; the start of the oldest bucket, when that is later; for a fleet when its first process began.
   * `null` when nothing was recorded yet. Before it, nothing was watched.
   */
  async earliest(): Promise<number | null> {
    return (await this.#ask((source) => source.earliest())).answer ?? null;
  }

  /** The last events, at most 200, ascending: those of the whole fleet when there is Redis and it answers. Never rejects. */
  async events(): Promise<readonly StoredEvent[]> {
    return (await this.#ask((source) => source.events())).answer;
  }

  /**
   * Forgets series of a name, of all types: all of them, or with `tags` the one that has exactly these tags. In Redis too,
   * where it takes as long as writing their whole history; the memory of other processes keeps what it has. What is recorded
   * afterwards begins anew.
   *
   * @returns how many series there were
   * @throws when Redis doesn't answer. This process has forgotten them then, and the fleet has not
   * @example await store.delete('jobs.started', { queue: 'mail', region: 'us' });
   */
  async delete<T extends Tags<T>>(name: string, tags?: T): Promise<number> {
    const written = tags === undefined ? undefined : plainTagWriter.write(tags);
    const deleted = this.#memory.delete(name, written);
    return this.#redis === undefined ? deleted : this.#redis.delete(name, written);
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
      events: this.#eventAccount(),
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
   * Give it `authorize`, or put your own authentication in front of it, where others can reach it.
   *
   * @throws TypeError for options that are wrong
   * @example
   * app.use('/internal/metrics', store.handler());
   */
  handler(options: HandlerOptions = {}): RequestHandler {
    return createHandler(this.#served(), options);
  }

  /**
   * Serves the page by itself, to this machine only unless the option `host` is another address; that needs `authorize`, or
   * `public: true`. Neither the server nor its connections keep the process alive, and `shutdown` ends them.
   *
   * @throws TypeError for options that are wrong; rejects when the port is taken
   * @example
   * const { url } = await store.listen({ port: 9400 });
   */
  async listen(options: ListenOptions = {}): Promise<StoreServer> {
    const server = await listen((authorization) => this.handler(authorization), options);
    this.#servers.add(server);
    const close = async (): Promise<void> => {
      this.#servers.delete(server);
      await server.close();
    };
    return { ...server, close };
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
   * dropped and counted. Ends what `listen` serves. What is in memory can still be read. Never rejects.
   *
   * @param options `timeoutMillis`: how long it may take, a little less than 2,000 by default
   */
  async shutdown(options: { readonly timeoutMillis?: number | undefined } = {}): Promise<void> {
    this.#isShutDown = true;
    const servers = [...this.#servers];
    this.#servers.clear();
    await Promise.all([
      this.#redis?.close(options.timeoutMillis ?? SHUTDOWN_MILLIS),
      ...servers.map((server) => server.close()),
    ]);
  }

  #nowSeconds(): number {
    return this.#settings.now() / 1000;
  }

  /** How long after its end a bucket may still get values: an interval of exports, after which Redis has them as well. */
  #flushSeconds(): number {
    return this.#redis !== undefined || this.#isFedByExporter ? this.rollups[0]![0] : 0;
  }

  /** What handlers need. */
  #served(): ServedStore {
    return {
      rollups: this.rollups,
      flushSeconds: () => this.#flushSeconds(),
      nowSeconds: () => this.#nowSeconds(),
      stats: () => this.stats(),
      metrics: () => this.metrics(),
      series: (names, type) => this.#seriesOf(names, type),
      range: (query) => this.#range(query),
      earliest: () => this.earliest(),
      events: () => this.events(),
      isShutDown: () => this.#isShutDown,
      gate: this.#requests,
      turns: this.#turns,
    };
  }

  async #seriesOf(
    names: readonly string[],
    type: SeriesType | undefined,
  ): Promise<readonly (readonly SeriesInfo[])[]> {
    const { answer } = await this.#ask((source) => source.series(names));
    return type === undefined ? answer : answer.map((series) => series.filter((each) => each.type === type));
  }

  /** Reads a range, of which only as much as is asked for is kept. */
  async #range(query: RangeQuery): Promise<RangeAnswer> {
    const now = this.#nowSeconds();
    const range = readQuery(query, this.rollups, now);
    const flushSeconds = this.#flushSeconds();
    const completeUntilSeconds = now - flushSeconds;
    const carrying = { flushSeconds, completeUntil: completeUntilSeconds };
    const turn = await this.#turns.begin();
    const { answer, source } = await this.#ask(async (asked) => {
      const found = await asked.series(range.names);
      const groups = await matchingGroups(found, range, turn);
      const looked = found.reduce((sum, series) => sum + series.length, 0);
      const buckets = chooseBuckets(range, groups, asked.kind, looked);
      const largest = new LargestColumns(range.limit);
      let number = 0;
      for await (const column of asked.columns(groups, buckets, carrying, turn)) {
        largest.offer({ metric: groups[number]!.metric, column });
        number += 1;
      }
      const earliestSeconds = (await asked.earliest()) ?? null;
      return { buckets, earliestSeconds, columns: largest.columns, more: largest.more };
    });
    return { ...answer, source, completeUntilSeconds };
  }

  /** Redis, and this process's own memory when it doesn't answer. */
  async #ask<Answer>(
    question: (source: SeriesSource) => Promise<Answer>,
  ): Promise<{ readonly answer: Answer; readonly source: 'memory' | 'redis' }> {
    if (this.#redis) {
      try {
        return { answer: await question(this.#redis), source: 'redis' };
      } catch (error) {
        if (error instanceof TooMuchError) throw error;
        // The connection has logged why.
      }
    }
    return { answer: await question(this.#memory), source: 'memory' };
  }

  #eventAccount(): Account {
    const { received, refused } = this.#events;
    const tally = (points: number): Tally => ({ points, amount: 0 });
    return {
      received: tally(received),
      exported: tally(received - refused),
      pending: tally(0),
      dropped: tally(refused),
      droppedBy: refused === 0 ? {} : { notRepresentable: tally(refused) },
    };
  }

  #logOnce(key: string, text: string): void {
    if (this.#logged.has(key) || this.#logged.size >= MAX_LOGGED) return;
    this.#logged.add(key);
    log('warn', `${COMPONENT}: ${text}.`);
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
