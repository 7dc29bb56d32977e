import { Yielder, systemClock, type HistogramValue, type Refusal } from '@tallykit/exporter-base';
import { combine, pointOf, type PointValue } from './cells.ts';
import {
  parseTags,
  plainTagWriter,
  seriesKey,
  type MetricInfo,
  type SeriesInfo,
  type SeriesType,
} from './identity.ts';
import { bytesPerSeries, createRing, DistributionRing, RingLayout, type Ring } from './rings.ts';
import type { Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';

export interface MemoryTableOptions {
  readonly rollups: readonly Rollup[];
  readonly maxSeries: number;
  readonly maxBytes: number;
  readonly histogramBuckets: number;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
}

/** A series without new values for so many of the finest buckets is idle: it may be let go to make room. */
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
  /** When something was last recorded, in seconds since 1970; up to a tenth of the time after which it is idle too early. */
  lastUsed: number;
}

/** The series of this process, bounded by their number and by the bytes that they take. */
export class MemoryTable implements SeriesSource {
  readonly #options: MemoryTableOptions;
  readonly #layout: RingLayout;
  /** The one that has been idle longest comes first. */
  readonly #series = new Map<string, StoredSeries>();
  readonly #byName = new Map<string, Set<StoredSeries>>();
  readonly #idleAfterSeconds: number;
  #bytes = 0;
  #evicted = 0;

  constructor(options: MemoryTableOptions) {
    this.#options = options;
    this.#idleAfterSeconds = IDLE_AFTER_BUCKETS * options.rollups[0]![0];
    this.#layout = new RingLayout(options.rollups, options.histogramBuckets);
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

  /** @param tags the text that the tag writers write */
  record(
    metric: MetricInfo,
    tags: string,
    seconds: number,
    value: number | HistogramValue,
  ): Refusal | undefined {
    const now = this.#options.nowSeconds();
    const key = seriesKey(metric.type, metric.name, tags);
    const stored = this.#series.get(key) ?? this.#create(key, metric, tags, now);
    if ('refused' in stored) return stored;
    if (!stored.ring.hasRoomFor(seconds, value)) return TOO_LARGE;
    if (stored.ring.record(seconds, value) === 0) return EXPIRED;
    if (now - stored.lastUsed >= this.#idleAfterSeconds / 10) this.#moveToEnd(stored, now);
    return undefined;
  }

  async metrics(): Promise<readonly MetricInfo[]> {
    const found = new Map<string, MetricInfo>();
    for (const { info } of this.#series.values()) {
      const { name, type, unit } = info;
      const key = `${type}\n${name}`;
      if (!found.has(key)) found.set(key, { name, type, unit });
    }
    return [...found.values()].sort((first, second) => (first.name < second.name ? -1 : 1));
  }

  async series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    return names.map((name) => Array.from(this.#byName.get(name) ?? [], ({ info }) => info));
  }

  async values(
    groups: readonly SeriesMetric[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<readonly (readonly PointValue[])[]> {
    const index = this.#options.rollups.indexOf(rollup);
    const now = this.#options.nowSeconds();
    const yielder = new Yielder(systemClock);
    const values: PointValue[][] = [];
    for (const { type, series } of groups) {
      const rings = series.flatMap((info) => this.#ringOf(info) ?? []);
      const points: PointValue[] = [];
      for (const bucket of buckets) {
        points.push(pointIn(type, rings, index, bucket, now));
        // Quantiles of many buckets take long.
        if (type === 'distribution' && yielder.isDue()) await yielder.yieldToEventLoop();
      }
      values.push(points);
    }
    return values;
  }

  #ringOf({ type, name, tags }: SeriesInfo): Ring | undefined {
    return this.#series.get(seriesKey(type, name, plainTagWriter.write(tags)))?.ring;
  }

  #create(key: string, { name, type, unit }: MetricInfo, tags: string, now: number): StoredSeries | Refusal {
    const bytes = bytesPerSeries(type, this.#layout) + 2 * (key.length + tags.length);
    if (!this.#makeRoom(bytes, now)) return this.#noRoom();
    const info = { name, type, unit, tags: parseTags(tags) };
    const stored = { key, info, ring: createRing(type, this.#layout), bytes, lastUsed: now };
    this.#series.set(key, stored);
    const siblings = this.#byName.get(name);
    if (siblings) siblings.add(stored);
    else this.#byName.set(name, new Set([stored]));
    this.#bytes += bytes;
    return stored;
  }

  /** Lets go of idle series, the longest idle first, until there is room for one more. */
  #makeRoom(bytes: number, now: number): boolean {
    const { maxSeries, maxBytes } = this.#options;
    for (const series of this.#series.values()) {
      if (this.#series.size < maxSeries && this.#bytes + bytes <= maxBytes) break;
      // The series after this one are in use even more.
      if (now - series.lastUsed < this.#idleAfterSeconds) return false;
      this.#remove(series);
      this.#evicted += 1;
    }
    return bytes <= maxBytes;
  }

  /** Not called for every value, because it takes longer than recording a value. */
  #moveToEnd(series: StoredSeries, now: number): void {
    series.lastUsed = now;
    this.#series.delete(series.key);
    this.#series.set(series.key, series);
  }

  #remove(series: StoredSeries): void {
    this.#series.delete(series.key);
    this.#bytes -= series.bytes;
    const siblings = this.#byName.get(series.info.name)!;
    siblings.delete(series);
    if (siblings.size === 0) this.#byName.delete(series.info.name);
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

/** The value of some series together in one bucket. A single distribution may have its quantiles ready. */
function pointIn(
  type: SeriesType,
  rings: readonly Ring[],
  rollupIndex: number,
  bucket: number,
  now: number,
): PointValue {
  const [first] = rings;
  if (first === undefined || rings.length > 1) {
    return pointOf(type, combine(rings.map((ring) => ring.read(rollupIndex, bucket, now))));
  }
  return first instanceof DistributionRing
    ? first.readSummary(rollupIndex, bucket, now)
    : pointOf(type, first.read(rollupIndex, bucket, now));
}
