import { randomUUID } from 'node:crypto';
import type { ExponentialHistogram } from '@tallykit/exporter-base';
import { MAX_EVENTS, type StoredEvent } from './events.ts';
import { seriesKey, type MetricInfo } from './identity.ts';
import { PendingDeltas, remoteSeries, type Delta, type RemoteSeries } from './pending-deltas.ts';
import { writeCommand, type RedisKeys, type WriteCommand } from './redis-format.ts';
import type { Rollup } from './rollups.ts';

export interface RedisBatchesOptions {
  readonly keys: RedisKeys;
  readonly rollups: readonly Rollup[];
  readonly histogramBuckets: number;
  readonly maxPendingBytes: number;
  readonly idleSeconds: number;
  /** Since when this process would have recorded what happened, in seconds since 1970. */
  readonly firstSeconds: () => number;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
}

/** How many series one batch may have: enough for one script an interval, few enough not to hold Redis up. */
const MAX_BATCH = 2000;

/** How many series are remembered with their fields in Redis, because finding a field takes a hash. */
const MAX_REMEMBERED_SERIES = 100_000;

/** What waits for Redis, and the batches that are made of it. Each batch of this process has the next number. */
export class RedisBatches {
  readonly #options: RedisBatchesOptions;
  readonly #pending: PendingDeltas;
  #events: StoredEvent[] = [];
  readonly #remembered = new Map<string, RemoteSeries>();
  readonly #writer = randomUUID();
  #sequence = 0;

  constructor(options: RedisBatchesOptions) {
    this.#options = options;
    this.#pending = new PendingDeltas(options.rollups, options.maxPendingBytes, options.histogramBuckets);
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#pending.size === 0 && this.#events.length === 0;
  }

  /** How much memory they take. */
  get bytes(): number {
    return this.#pending.bytes;
  }

  /**
   * Takes what was recorded.
   *
   * @param seconds since 1970
   * @returns the deltas that there was no room for
   */
  add(
    metric: MetricInfo,
    tags: string,
    seconds: number,
    value: number | ExponentialHistogram,
  ): readonly Delta[] {
    return this.#pending.add(this.#remoteSeries(metric, tags), seconds, seconds * 1000, value);
  }

  /**
   * Takes an event.
   *
   * @returns whether an older one was given up for it: Redis keeps no more than the latest ones either
   */
  addEvent(event: StoredEvent): boolean {
    this.#events.push(event);
    if (this.#events.length <= MAX_EVENTS) return false;
    this.#events.shift();
    return true;
  }

  /** Takes out the oldest deltas, and all events, as one batch; `undefined` when nothing waits. */
  next(): WriteCommand | undefined {
    if (this.isEmpty) return undefined;
    const deltas = this.#pending.take(MAX_BATCH);
    const events = this.#events;
    this.#events = [];
    const { nowSeconds, firstSeconds: beganAt } = this.#options;
    // A Redis that was replaced by an empty one knows of nothing before the first batch that it gets.
    const firstSeconds =
      this.#sequence === 0
        ? beganAt()
        : deltas.reduce((first, { millis }) => Math.min(first, millis / 1000), nowSeconds());
    this.#sequence += 1;
    return writeCommand({ deltas, events, firstSeconds }, this.#sequence, {
      ...this.#options,
      writer: this.#writer,
      nowSeconds: nowSeconds(),
    });
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#pending.take(Infinity);
    this.#events = [];
  }

  #remoteSeries(metric: MetricInfo, tags: string): RemoteSeries {
    const key = seriesKey(metric.type, metric.name, tags);
    let remote = this.#remembered.get(key);
    if (remote === undefined) {
      if (this.#remembered.size >= MAX_REMEMBERED_SERIES) this.#remembered.clear();
      remote = remoteSeries(metric, tags);
      this.#remembered.set(key, remote);
    }
    return remote;
  }
}
