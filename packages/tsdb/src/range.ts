import { GivenOptions, type OptionTags } from '@tallykit/exporter-base';
import type { DistributionSummary, PointValue } from './cells.ts';
import type { MetricInfo, SeriesInfo } from './identity.ts';
import { COMPONENT } from './options.ts';
import { optimalRollup, toSeconds, type Moment, type Rollup } from './rollups.ts';
import type { SeriesMetric } from './source.ts';

/** Which history is asked for. */
export interface RangeQuery<T extends OptionTags<T> = OptionTags> {
  /** The names of metrics. A name that stands here twice is answered once. */
  readonly names: readonly string[];
  /** The beginning of the range: seconds since 1970, or a `Date`. */
  readonly start: Moment;
  /** The end of the range: seconds since 1970, or a `Date`. The bucket that it lies in belongs to the range. */
  readonly end: Moment;
  /**
   * How many seconds a bucket of the answer has: those of one of the store's rollups.
   *
   * @default the finest rollup that is long enough and reaches back to `start`
   */
  readonly rollupSeconds?: number | undefined;
  /**
   * Only series that have all of these tags.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * The key of a tag: the answer has one series for each value of it, in place of one for each name.
   *
   * @default one series for each name
   */
  readonly by?: string | undefined;
}

/** One metric in a range, with a point for every bucket, ascending. Points are `[seconds since 1970, value]`. */
export type RangeSeries = MetricInfo & {
  /** The tag that `by` names, with its value; empty without `by`. */
  readonly tags: Readonly<Record<string, string>>;
} & (
    | { readonly type: 'counter'; readonly points: readonly (readonly [seconds: number, increase: number])[] }
    | {
        readonly type: 'gauge';
        /** Where nothing was measured the value is `null`: a zero would be wrong. */
        readonly points: readonly (readonly [seconds: number, value: number | null])[];
      }
    | {
        readonly type: 'distribution';
        readonly points: readonly (readonly [seconds: number, values: DistributionSummary])[];
      }
  );

/** The history that was asked for. */
export interface RangeResult {
  /** How many seconds each bucket has. */
  readonly rollupSeconds: number;
  /** `redis`: the whole fleet. `memory`: this process alone, because there is no Redis or it doesn't answer. */
  readonly source: 'memory' | 'redis';
  /** In the order of the names that were asked for. */
  readonly series: readonly RangeSeries[];
}

/** How many buckets a range may have. The default rollups have less than a tenth of that. */
const MAX_POINTS = 10_000;

/** A query that was checked. */
export interface Range {
  readonly names: readonly string[];
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  readonly rollup: Rollup;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly by: string | undefined;
}

/**
 * @param nowSeconds since 1970
 * @throws for a query that makes no sense
 */
export function readQuery(query: RangeQuery, rollups: readonly Rollup[], nowSeconds: number): Range {
  const names = ['names', 'start', 'end', 'rollupSeconds', 'tags', 'by'] as const;
  const given = new GivenOptions(`${COMPONENT}.getRange`, query, names);
  const texts = given.texts('names');
  if (texts === undefined) throw given.error('names', 'an array of strings');
  const start = momentOf(given.raw('start'));
  const end = momentOf(given.raw('end'));
  if (start === undefined) throw given.error('start', 'seconds since 1970 or a Date');
  if (end === undefined) throw given.error('end', 'seconds since 1970 or a Date');
  const seconds = given.has('rollupSeconds')
    ? given.raw('rollupSeconds')
    : optimalRollup(rollups, { start, end, now: nowSeconds })[0];
  const rollup = rollups.find(([each]) => each === seconds);
  if (rollup === undefined) {
    const known = rollups.map(([each]) => each).join(', ');
    throw new RangeError(`${COMPONENT}.getRange: \`rollupSeconds\` must be one of ${known}`);
  }
  if ((end - start) / rollup[0] > MAX_POINTS) {
    throw new RangeError(
      `${COMPONENT}.getRange: there are more than ${MAX_POINTS} buckets of ${rollup[0]} s in the range; leave out \`rollupSeconds\``,
    );
  }
  return {
    names: [...new Set(texts)],
    start,
    end,
    rollup,
    tags: given.tags('tags') ?? {},
    by: given.text('by'),
  };
}

function momentOf(value: unknown): number | undefined {
  const seconds = value instanceof Date || typeof value === 'number' ? toSeconds(value) : Number.NaN;
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Series that become one series of an answer. */
export interface AnswerGroup extends SeriesMetric {
  readonly metric: SeriesInfo;
}

/** The series of a name that match, those of one type (and one value of `by`) together. */
export function groupsOf(
  name: string,
  series: readonly SeriesInfo[],
  { tags, by }: Pick<Range, 'tags' | 'by'>,
): AnswerGroup[] {
  const wanted = Object.entries(tags);
  const groups = new Map<string, AnswerGroup & { readonly series: SeriesInfo[] }>();
  for (const info of series) {
    if (!wanted.every(([key, text]) => tagOf(info, key) === String(text))) continue;
    const value = by === undefined ? undefined : (tagOf(info, by) ?? '');
    const key = JSON.stringify([info.type, value]);
    const metric = { ...info, tags: by === undefined ? {} : { [by]: value! } };
    const group = groups.get(key) ?? { type: info.type, metric, series: [] };
    groups.set(key, group);
    group.series.push(info);
  }
  if (groups.size > 0) return [...groups.values()];
  // A name without matching series is answered too, with no values.
  const { type = 'counter', unit = '' } = series[0] ?? {};
  return [{ type, metric: { type, unit, name, tags: {} }, series: [] }];
}

function tagOf({ tags }: SeriesInfo, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}

export function withPoints(
  { name, type, unit, tags }: SeriesInfo,
  buckets: readonly number[],
  values: readonly PointValue[],
): RangeSeries {
  const points = buckets.map((bucket, index) => [bucket, values[index]!] as const);
  return { name, type, unit, tags, points } as RangeSeries;
}
