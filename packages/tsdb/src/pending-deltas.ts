import type { ExponentialHistogram } from '@tallykit/exporter-base';
import { mergeHistograms } from '@tallykit/exporter-base/histograms';
import { boundedHistogram } from './cells.ts';
import { redisField, seriesKey, type MetricInfo } from './identity.ts';
import { bucketStart, type Rollup } from './rollups.ts';

/** A series as Redis knows it. */
export interface RemoteSeries extends MetricInfo {
  /** JSON. */
  readonly tags: string;
  readonly field: string;
  readonly virtualNode: number;
}

export function remoteSeries({ type, name, unit }: MetricInfo, tags: string): RemoteSeries {
  return { type, name, unit, tags, ...redisField(seriesKey(type, name, tags)) };
}

/** What was recorded in one series and one bucket, and is not in Redis yet. */
export interface Delta {
  readonly series: RemoteSeries;
  /** The finest rollup that it is for; it is for the coarser ones as well. */
  readonly level: number;
  /** The start of its bucket in that rollup. */
  readonly bucket: number;
  value: number | ExponentialHistogram;
  /** When it was recorded last, in milliseconds: of several gauges the latest stays. */
  millis: number;
  /** How many points went into it. */
  points: number;
}

/** What a delta without buckets takes, by measurement. */
const DELTA_BYTES = 300;

function bytesOf({ series, value }: Delta): number {
  const buckets =
    typeof value === 'number' ? 0 : value.positive.bucketCounts.length + value.negative.bucketCounts.length;
  return DELTA_BYTES + 2 * (series.name.length + series.tags.length) + 8 * buckets;
}

/**
 * What waits for Redis. When it grows beyond its limit, the oldest buckets are merged into those of the next rollup: a
 * long outage costs resolution first, and counts only when the coarsest buckets alone are too many.
 */
export class PendingDeltas {
  readonly #rollups: readonly Rollup[];
  readonly #maxBytes: number;
  readonly #histogramBuckets: number;
  /** For each rollup its buckets, and in each bucket the deltas by series. */
  readonly #levels: readonly Map<number, Map<string, Delta>>[];
  #bytes = 0;
  #size = 0;

  constructor(rollups: readonly Rollup[], maxBytes: number, histogramBuckets: number) {
    this.#rollups = rollups;
    this.#maxBytes = maxBytes;
    this.#histogramBuckets = histogramBuckets;
    this.#levels = rollups.map(() => new Map());
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns the deltas that there was no room for */
  add(
    series: RemoteSeries,
    seconds: number,
    millis: number,
    value: number | ExponentialHistogram,
  ): readonly Delta[] {
    this.#put({
      series,
      level: 0,
      bucket: bucketStart(seconds, this.#rollups[0]![0]),
      value,
      millis,
      points: 1,
    });
    const dropped: Delta[] = [];
    while (this.#bytes > this.#maxBytes) dropped.push(...this.#fold());
    return dropped;
  }

  /** Takes out at most so many deltas, those of the oldest buckets first. */
  take(limit: number): readonly Delta[] {
    const taken: Delta[] = [];
    // Only old buckets were merged into coarser ones.
    for (const buckets of this.#levels.toReversed()) {
      for (const [bucket, deltas] of ascending(buckets)) {
        for (const [key, delta] of deltas) {
          if (taken.length === limit) return taken;
          deltas.delete(key);
          this.#forget(delta);
          taken.push(delta);
        }
        buckets.delete(bucket);
      }
    }
    return taken;
  }

  /** Merges the oldest of the finest buckets into the next rollup. Those of the coarsest are given up, and returned. */
  #fold(): readonly Delta[] {
    const level = this.#levels.findIndex((buckets) => buckets.size > 0);
    const buckets = this.#levels[level]!;
    const [bucket, deltas] = ascending(buckets)[0]!;
    buckets.delete(bucket);
    for (const delta of deltas.values()) this.#forget(delta);
    if (level === this.#levels.length - 1) return [...deltas.values()];
    const [seconds] = this.#rollups[level + 1]!;
    for (const delta of deltas.values()) {
      this.#put({ ...delta, level: level + 1, bucket: bucketStart(delta.bucket, seconds) });
    }
    return [];
  }

  #put(delta: Delta): void {
    const buckets = this.#levels[delta.level]!;
    let deltas = buckets.get(delta.bucket);
    if (deltas === undefined) buckets.set(delta.bucket, (deltas = new Map()));
    const known = deltas.get(delta.series.field);
    if (known === undefined) {
      this.#size += 1;
      this.#bytes += bytesOf(delta);
      deltas.set(delta.series.field, delta);
      return;
    }
    this.#bytes -= bytesOf(known);
    known.value = this.#merged(known, delta);
    known.millis = Math.max(known.millis, delta.millis);
    known.points += delta.points;
    this.#bytes += bytesOf(known);
  }

  #merged(known: Delta, later: Delta): number | ExponentialHistogram {
    switch (known.series.type) {
      case 'counter':
        return (known.value as number) + (later.value as number);
      case 'gauge':
        return later.millis >= known.millis ? later.value : known.value;
      case 'distribution': {
        const merged = mergeHistograms(
          known.value as ExponentialHistogram,
          later.value as ExponentialHistogram,
        );
        return boundedHistogram(merged, this.#histogramBuckets);
      }
    }
  }

  #forget(delta: Delta): void {
    this.#size -= 1;
    this.#bytes -= bytesOf(delta);
  }
}

function ascending(buckets: ReadonlyMap<number, Map<string, Delta>>): [number, Map<string, Delta>][] {
  return [...buckets].sort(([first], [second]) => first - second);
}
