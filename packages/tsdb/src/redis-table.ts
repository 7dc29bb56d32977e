import {
  systemClock,
  type Clock,
  type ExponentialHistogram,
  type FlushReport,
} from '@tallykit/exporter-base';
import type { Carrying, Column } from './columns.ts';
import type { StoredEvent } from './events.ts';
import type { MetricInfo, SeriesInfo } from './identity.ts';
import { COMPONENT } from './options.ts';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts';
import { RedisKeys } from './redis-format.ts';
import { RedisReader } from './redis-reader.ts';
import { RedisWriter, type RedisStats } from './redis-writer.ts';
import { RefusedKeys } from './refused-keys.ts';
import type { Buckets, Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';
import type { Turn } from './turns.ts';

export interface RedisTableOptions extends Omit<RedisConnectionOptions, 'component' | 'clock'> {
  readonly keyPrefix: string;
  readonly rollups: readonly Rollup[];
  readonly histogramBuckets: number;
  readonly maxPendingBytes: number;
  /** After how many seconds without values a series is no longer listed. */
  readonly idleSeconds: number;
  /** Since when this process would have recorded what happened, in seconds since 1970. */
  readonly firstSeconds: () => number;
  /** Seconds since 1970. */
  readonly nowSeconds: () => number;
  /**
   * For tests.
   *
   * @default the machine's own
   */
  readonly clock?: Clock;
}

/** The series of a fleet, in Redis: one connection, which a reader and a writer share. */
export class RedisTable implements SeriesSource {
  readonly kind = 'redis';
  readonly #reader: RedisReader;
  readonly #writer: RedisWriter;
  readonly #timeoutMillis: number;

  constructor(options: RedisTableOptions) {
    this.#timeoutMillis = options.timeoutMillis;
    const { clock = systemClock, destination, keyPrefix } = options;
    const connection = new RedisConnection({ ...options, component: COMPONENT, clock });
    const keys = new RedisKeys(keyPrefix);
    const refusedKeys = new RefusedKeys(COMPONENT, destination, keyPrefix);
    this.#reader = new RedisReader({ ...options, connection, keys, refusedKeys });
    this.#writer = new RedisWriter({ ...options, connection, keys, refusedKeys, clock });
  }

  stats(): RedisStats {
    return this.#writer.stats();
  }

  /** Takes what was recorded, to be written soon. */
  record(metric: MetricInfo, tags: string, seconds: number, value: number | ExponentialHistogram): void {
    this.#writer.record(metric, tags, seconds, value);
  }

  /**
   * Writes what is waiting, and waits for that at most so long. Never rejects.
   *
   * @param keepsTrying whether what Redis doesn't take is tried again until the time is up
   */
  async flush(timeoutMillis: number, keepsTrying: boolean): Promise<FlushReport> {
    await this.#writer.writeWithin(timeoutMillis, keepsTrying);
    return this.#writer.report();
  }

  /** Does what `flush` does, once, and leaves the report to it. */
  forceFlush(timeoutMillis: number): Promise<void> {
    return this.#writer.writeWithin(timeoutMillis, false);
  }

  /** Writes what it can in that time, and gives up the rest. Of several calls, the one with the least patience holds. */
  close(timeoutMillis: number): Promise<void> {
    return this.#writer.close(timeoutMillis);
  }

  /** Takes an event, to be written soon. */
  recordEvent(event: StoredEvent): void {
    this.#writer.recordEvent(event);
  }

  /**
   * Forgets series of a name for all processes, after what waits was written. Rejects when Redis doesn't answer.
   *
   * @param tags only the series with exactly these tags, as the tag writers write them
   * @returns how many there were
   */
  async delete(name: string, tags: string | undefined): Promise<number> {
    await this.#writer.writeWithin(this.#timeoutMillis, false);
    return this.#reader.delete(name, tags);
  }

  metrics(): Promise<readonly MetricInfo[]> {
    return this.#reader.metrics();
  }

  series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    return this.#reader.series(names);
  }

  columns(
    groups: readonly SeriesMetric[],
    buckets: Buckets,
    carrying: Carrying,
    turn: Turn,
  ): AsyncIterable<Column> {
    return this.#reader.columns(groups, buckets, carrying, turn);
  }

  earliest(): Promise<number | undefined> {
    return this.#reader.earliest();
  }

  events(): Promise<readonly StoredEvent[]> {
    return this.#reader.events();
  }
}
