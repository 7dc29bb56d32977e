import { log, type HistogramValue, type Refusal } from '@tallykit/exporter-base';
import { createColumn, type Carrying, type Column, type SeriesCells } from './columns.ts';
import { EventLog, type StoredEvent } from './events.ts';
import {
  metricKey,
  parseTags,
  plainTagWriter,
  seriesKey,
  sortMetrics,
  type MetricInfo,
  type SeriesInfo,
} from './identity.ts';
import { bytesPerSeries, createRing, DistributionRing, RingLayout, type Ring } from './rings.ts';
import { COMPONENT } from './options.ts';
import { bucketStart, type Buckets, type Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';
import type { Turn } from './turns.ts';

export interface MemoryTableOptions {
  readonly rollups: readonly Rollup[];
  readonly maxSeries: number;
  readonly maxBytes: number;
  readonly idleSeconds: number;
  readonly histogramBuckets: number;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
}

/** A series without new values for so many of the finest buckets is idle, and may be let go to make room. */
const IDLE_AFTER_BUCKETS = 30;

const EXPIRED: Refusal = { refused: 'expired', reason: 'it is older than what the store keeps' };

const TOO_LARGE: Refusal = {
  refused: 'notRepresentable',
  reason: 'what was recorded in its time adds up to more than the largest number',
};

interface StoredSeries {
  readonly key: string;
  readonly info: SeriesInfo;
  readonly ring: Ring;
  readonly bytes: number;
  /** When something was last recorded, in seconds since 1970; up to `#useSeconds` earlier. */
  lastUsed: number;
}

/** A metric, and how many series it has. */
interface StoredMetric {
  readonly info: MetricInfo;
  series: number;
}

/** The series and the events of this process. Series are bounded by their number and by the bytes that they take. */
export class MemoryTable implements SeriesSource {
  readonly kind = 'memory';
  readonly #options: MemoryTableOptions;
  readonly #layout: RingLayout;
  /** The one that has been idle longest comes first. */
  readonly #series = new Map<string, StoredSeries>();
  readonly #byName = new Map<string, Set<StoredSeries>>();
  readonly #metrics = new Map<string, StoredMetric>();
  readonly #events = new EventLog();
  /** After how many seconds a series may be let go to make room. */
  readonly #spareSeconds: number;
  /** How exactly it is known when a series was last used. */
  readonly #useSeconds: number;
  /** The same as `#metrics`, until that changes. */
  #sorted: readonly MetricInfo[] | undefined;
  #bytes = 0;
  #evicted = 0;
  /** When the table was made, or the first moment that something was recorded for. */
  #first: number;
  #isEmpty = true;
  /** What the clock showed last. */
  #latest: number;

  constructor(options: MemoryTableOptions) {
    this.#options = options;
    this.#spareSeconds = IDLE_AFTER_BUCKETS * options.rollups[0]![0];
    this.#useSeconds = Math.min(this.#spareSeconds, options.idleSeconds) / 10;
    this.#layout = new RingLayout(options.rollups, options.histogramBuckets);
    this.#first = this.#latest = options.nowSeconds();
  }

  get size(): number {
    return this.#series.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many idle series were let go to make room for others. */
  get evicted(): number {
    return this.#evicted;
  }

  /** When the table was made, or the first moment that something was recorded for, in seconds since 1970. */
  get firstSeconds(): number {
    return this.#first;
  }

  /** @param tags the text that the tag writers write */
  record(
    metric: MetricInfo,
    tags: string,
    seconds: number,
    value: number | HistogramValue,
  ): Refusal | undefined {
    const now = this.#now();
    const key = seriesKey(metric.type, metric.name, tags);
    const stored = this.#series.get(key) ?? this.#create(key, metric, tags, now);
    if ('refused' in stored) return stored;
    if (!stored.ring.hasRoomFor(seconds, value)) return TOO_LARGE;
    if (stored.ring.record(seconds, value) === 0) return EXPIRED;
    this.#isEmpty = false;
    if (seconds < this.#first) this.#first = seconds;
    if (now - stored.lastUsed >= this.#useSeconds) this.#moveToEnd(stored, now);
    return undefined;
  }

  recordEvent(event: StoredEvent): void {
    this.#events.add(event);
  }

  /**
   * Forgets the series of a name.
   *
   * @param tags only the series with exactly these tags, as the tag writers write them
   * @returns how many there were
   */
  delete(name: string, tags: string | undefined): number {
    const chosen = [...(this.#byName.get(name) ?? [])].filter(
      ({ info }) => tags === undefined || plainTagWriter.write(info.tags) === tags,
    );
    for (const series of chosen) this.#remove(series);
    return chosen.length;
  }

  async metrics(): Promise<readonly MetricInfo[]> {
    this.#forgetIdle(this.#now());
    this.#sorted ??= sortMetrics(Array.from(this.#metrics.values(), ({ info }) => info));
    return this.#sorted;
  }

  async series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    this.#forgetIdle(this.#now());
    return names.map((name) => Array.from(this.#byName.get(name) ?? [], ({ info }) => info));
  }

  async *columns(
    groups: readonly SeriesMetric[],
    buckets: Buckets,
    carrying: Carrying,
    turn: Turn,
  ): AsyncGenerator<Column> {
    for (const { type, series } of groups) {
      const column = createColumn(type, buckets, carrying, series.length === 1);
      for (const info of series) {
        const ring = this.#ringOf(info);
        if (ring !== undefined) await column.add(this.#cellsOf(ring, buckets), turn);
      }
      yield await column.finish(turn);
    }
  }

  async earliest(): Promise<number | undefined> {
    if (this.#isEmpty) return undefined;
    const coarsest = this.#options.rollups.at(-1)!;
    const [seconds, samples] = coarsest;
    const oldest = bucketStart(this.#now(), seconds) - seconds * (samples - 1);
    return Math.max(this.#first, oldest);
  }

  async events(): Promise<readonly StoredEvent[]> {
    return this.#events.list();
  }

  /** The time. Where the clock was set back, what is later is given up, so that it is not taken for what comes. */
  #now(): number {
    const now = this.#options.nowSeconds();
    const isSetBack = now < this.#latest - this.#options.rollups[0]![0];
    if (isSetBack) this.#forgetAfter(now);
    if (isSetBack || now > this.#latest) this.#latest = now;
    return now;
  }

  #forgetAfter(now: number): void {
    const seconds = Math.round(this.#latest - now);
    log(
      'warn',
      `${COMPONENT}: the clock was set back by ${seconds} s. What was recorded for times that are yet to come is given ` +
        'up, in each rollup what is later than its next bucket. New values are kept.',
    );
    for (const series of this.#series.values()) {
      series.ring.forgetAfter(now);
      series.lastUsed = Math.min(series.lastUsed, now);
    }
    this.#first = Math.min(this.#first, now);
  }

  #cellsOf(ring: Ring, buckets: Buckets): SeriesCells {
    const rollupIndex = this.#options.rollups.indexOf(buckets.rollup);
    const now = this.#options.nowSeconds();
    return {
      cellAt: (index) => ring.read(rollupIndex, buckets.startOf(index), now),
      ...(ring instanceof DistributionRing && {
        summaryAt: (index) => ring.readSummary(rollupIndex, buckets.startOf(index), now),
      }),
    };
  }

  #ringOf({ type, name, tags }: SeriesInfo): Ring | undefined {
    return this.#series.get(seriesKey(type, name, plainTagWriter.write(tags)))?.ring;
  }

  #create(key: string, { name, type, unit }: MetricInfo, tags: string, now: number): StoredSeries | Refusal {
    this.#forgetIdle(now);
    const bytes = bytesPerSeries(type, this.#layout) + 2 * (key.length + tags.length);
    if (!this.#makeRoom(bytes, now)) return this.#noRoom();
    const info = { name, type, unit, tags: parseTags(tags) };
    const stored = { key, info, ring: createRing(type, this.#layout), bytes, lastUsed: now };
    this.#series.set(key, stored);
    const siblings = this.#byName.get(name);
    if (siblings) siblings.add(stored);
    else this.#byName.set(name, new Set([stored]));
    const metric = this.#metrics.get(metricKey(info));
    if (metric) {
      metric.series += 1;
    } else {
      this.#metrics.set(metricKey(info), { info: { name, type, unit }, series: 1 });
      this.#sorted = undefined;
    }
    this.#bytes += bytes;
    return stored;
  }

  /** Lets go of idle series, the longest idle first, until there is room for one more. */
  #makeRoom(bytes: number, now: number): boolean {
    const { maxSeries, maxBytes } = this.#options;
    for (const series of this.#series.values()) {
      if (this.#series.size < maxSeries && this.#bytes + bytes <= maxBytes) break;
      // The series after this one are in use even more.
      if (now - series.lastUsed < this.#spareSeconds) return false;
      this.#remove(series);
      this.#evicted += 1;
    }
    return bytes <= maxBytes;
  }

  /** Lets go of series that nothing was recorded in for so long that nobody wants to see them. */
  #forgetIdle(now: number): void {
    for (const series of this.#series.values()) {
      if (now - series.lastUsed < this.#options.idleSeconds + this.#useSeconds) return;
      this.#remove(series);
    }
  }

  /** Not called for every value, because it takes longer than recording a value. */
  #moveToEnd(series: StoredSeries, now: number): void {
    series.lastUsed = now;
    this.#series.delete(series.key);
    this.#series.set(series.key, series);
  }

  #remove(series: StoredSeries): void {
    const { info } = series;
    this.#series.delete(series.key);
    this.#bytes -= series.bytes;
    const siblings = this.#byName.get(info.name)!;
    siblings.delete(series);
    if (siblings.size === 0) this.#byName.delete(info.name);
    const metric = this.#metrics.get(metricKey(info))!;
    metric.series -= 1;
    if (metric.series > 0) return;
    this.#metrics.delete(metricKey(info));
    this.#sorted = undefined;
  }

  #noRoom(): Refusal {
    const { maxSeries, maxBytes } = this.#options;
    return {
      refused: 'overflow',
      reason:
        `the store is full with ${this.#series.size} series (${this.#bytes} bytes), none of them idle; ` +
        `raise the options \`maxSeries\` (${maxSeries}) and \`maxBytes\` (${maxBytes}), or keep fewer tags`,
    };
  }
}
