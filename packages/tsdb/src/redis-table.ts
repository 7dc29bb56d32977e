import {
  systemClock,
  type Clock,
  type ExponentialHistogram,
  type FlushReport,
} from '@tallykit/exporter-base';
import type { PointValue } from './cells.ts';
import type { MetricInfo, SeriesInfo } from './identity.ts';
import { COMPONENT } from './options.ts';
import { RedisConnection, type RedisConnectionOptions } from './redis-connection.ts';
import { RedisKeys } from './redis-format.ts';
import { RedisReader } from './redis-reader.ts';
import { RedisWriter, type RedisStats } from './redis-writer.ts';
import { RefusedKeys } from './refused-keys.ts';
import type { Rollup } from './rollups.ts';
import type { SeriesMetric, SeriesSource } from './source.ts';

export interface RedisTableOptions extends Omit<RedisConnectionOptions, 'component' | 'clock'> {
  readonly keyPrefix: string;
  readonly rollups: readonly Rollup[];
  readonly histogramBuckets: number;
  readonly maxPendingBytes: number;
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
  readonly #reader: RedisReader;
  readonly #writer: RedisWriter;

  constructor(options: RedisTableOptions) {
    const { clock = systemClock, destination, keyPrefix } = options;
    const connection = new RedisConnection({ ...options, component: COMPONENT, clock });
    const keys = new RedisKeys(keyPrefix);
    const refusedKeys = new RefusedKeys(COMPONENT, destination, keyPrefix);
    this.#reader = new RedisReader(connection, keys, refusedKeys);
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

  metrics(): Promise<readonly MetricInfo[]> {
    return this.#reader.metrics();
  }

  series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]> {
    return this.#reader.series(names);
  }

  values(
    groups: readonly SeriesMetric[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<readonly (readonly PointValue[])[]> {
    return this.#reader.values(groups, rollup, buckets);
  }
}
