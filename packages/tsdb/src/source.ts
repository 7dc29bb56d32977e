import type { Carrying, Column } from './columns.ts';
import type { StoredEvent } from './events.ts';
import type { MetricInfo, SeriesInfo, SeriesType } from './identity.ts';
import type { Buckets } from './rollups.ts';
import type { Turn } from './turns.ts';

/** Series of one type that are shown together. */
export interface SeriesMetric {
  readonly type: SeriesType;
  readonly series: readonly SeriesInfo[];
}

/** Where history can be read: the memory of this process, or Redis. */
export interface SeriesSource {
  readonly kind: 'memory' | 'redis';
  /** Everything that has history, sorted by name. */
  metrics(): Promise<readonly MetricInfo[]>;
  /** The series of each name. */
  series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]>;
  /** What each group shows, one after the other. Series are read in turns, as much as `turn` allows. */
  columns(
    groups: readonly SeriesMetric[],
    buckets: Buckets,
    carrying: Carrying,
    turn: Turn,
  ): AsyncIterable<Column>;
  /** The first moment that history is known of, in seconds since 1970; `undefined` when nothing was recorded. */
  earliest(): Promise<number | undefined>;
  /** The last events, ascending. */
  events(): Promise<readonly StoredEvent[]>;
}
