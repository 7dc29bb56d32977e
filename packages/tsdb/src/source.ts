import type { PointValue } from './cells.ts';
import type { MetricInfo, SeriesInfo, SeriesType } from './identity.ts';
import type { Rollup } from './rollups.ts';

/** Series of one type that are shown together. */
export interface SeriesMetric {
  readonly type: SeriesType;
  readonly series: readonly SeriesInfo[];
}

/** Where history can be read: the memory of this process, or Redis. */
export interface SeriesSource {
  /** Everything that has history, sorted by name. */
  metrics(): Promise<readonly MetricInfo[]>;
  /** The series of each name. */
  series(names: readonly string[]): Promise<readonly (readonly SeriesInfo[])[]>;
  /** What each group shows in each bucket. */
  values(
    groups: readonly SeriesMetric[],
    rollup: Rollup,
    buckets: readonly number[],
  ): Promise<readonly (readonly PointValue[])[]>;
}
