import { GivenOptions, type OptionTags } from '@tallykit/exporter-base';
import type { DistributionSummary } from './cells.ts';
import { BYTES_PER_HISTOGRAM, WIDTHS, type Column } from './columns.ts';
import { SERIES_TYPES, type MetricInfo, type SeriesInfo, type SeriesType } from './identity.ts';
import {
  BYTES_AHEAD,
  BYTES_PER_GROUP,
  BYTES_PER_SERIES,
  MAX_BUCKETS_PER_SERIES,
  MAX_BUCKETS_READ,
  MAX_BYTES_HELD,
  TooMuchError,
  WEIGHTS,
} from './limits.ts';
import { COMPONENT } from './options.ts';
import {
  bucketsBetween,
  reachingRollups,
  toSeconds,
  type Buckets,
  type Moment,
  type Rollup,
} from './rollups.ts';
import type { SeriesMetric } from './source.ts';
import type { Turn } from './turns.ts';

/** Which history is asked for. */
export interface RangeQuery<T extends OptionTags<T> = OptionTags> {
  /** The names of metrics. A name that stands here twice is answered once. */
  readonly names: readonly string[];
  /**
   * Only metrics of this type.
   *
   * @default all of them: a name that was recorded as two types has two series in the answer
   */
  readonly type?: SeriesType | undefined;
  /** The beginning of the range: seconds since 1970, or a `Date`. */
  readonly start: Moment;
  /** The end of the range: seconds since 1970, or a `Date`. The bucket that it lies in belongs to the range. */
  readonly end: Moment;
  /**
   * How many seconds a bucket of the answer has: those of one of the store's rollups.
   *
   * @default the finest rollup that is long enough, reaches back to `start`, and is not too much to be read
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
  /**
   * At most so many series, the largest, in the order of their sizes: 1 to 1000. `more` says how many were left out.
   *
   * @default all of them
   */
  readonly limit?: number | undefined;
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
  /**
   * The first moment that history is known of, in seconds since 1970: before it nothing was watched, and a zero says
   * nothing. `null` when nothing was recorded yet.
   */
  readonly earliestSeconds: number | null;
  /** Buckets that end after this moment, in seconds since 1970, may still get values. */
  readonly completeUntilSeconds: number;
  /** In the order of the names that were asked for. Names for which nothing was recorded, with these tags, are left out. */
  readonly series: readonly RangeSeries[];
  /** How many series were left out because of `limit`. */
  readonly more: number;
}

/** A query that was checked. */
export interface Range {
  readonly names: readonly string[];
  readonly type: SeriesType | undefined;
  /** Seconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** Those that may be taken, the best first. */
  readonly rollups: readonly [Rollup, ...Rollup[]];
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly by: string | undefined;
  readonly limit: number;
}

/** No moment that anybody asks for has so many seconds. So many milliseconds were in March 1973. */
const LARGEST_SECONDS = 1e11;

/** Whether a number can't be seconds since 1970, but may well be milliseconds. */
export function looksLikeMillis(seconds: number): boolean {
  return Math.abs(seconds) >= LARGEST_SECONDS;
}

/**
 * @param nowSeconds since 1970
 * @throws for a query that makes no sense
 */
export function readQuery(query: RangeQuery, rollups: readonly Rollup[], nowSeconds: number): Range {
  const names = ['names', 'type', 'start', 'end', 'rollupSeconds', 'tags', 'by', 'limit'] as const;
  const given = new GivenOptions(`${COMPONENT}.getRange`, query, names);
  const texts = given.texts('names');
  if (texts === undefined) throw given.error('names', 'an array of strings');
  const start = momentOf(given, 'start');
  const end = momentOf(given, 'end');
  return {
    names: [...new Set(texts)],
    type: given.oneOf('type', SERIES_TYPES),
    start,
    end,
    rollups: given.has('rollupSeconds')
      ? [rollupOf(given.raw('rollupSeconds'), rollups)]
      : reachingRollups(rollups, { start, end, now: nowSeconds }),
    tags: given.tags('tags') ?? {},
    by: given.text('by'),
    limit: given.integer('limit', { min: 1, max: 1000 }) ?? Infinity,
  };
}

function rollupOf(seconds: unknown, rollups: readonly Rollup[]): Rollup {
  const rollup = rollups.find(([each]) => each === seconds);
  if (rollup !== undefined) return rollup;
  const known = rollups.map(([each]) => each).join(', ');
  throw new RangeError(`${COMPONENT}.getRange: \`rollupSeconds\` must be one of ${known}`);
}

function momentOf(given: GivenOptions<'start' | 'end'>, name: 'start' | 'end'): number {
  const value = given.raw(name);
  const seconds = value instanceof Date || typeof value === 'number' ? toSeconds(value) : Number.NaN;
  if (!Number.isFinite(seconds)) throw given.error(name, 'seconds since 1970 or a Date');
  if (looksLikeMillis(seconds)) {
    throw new RangeError(
      `${COMPONENT}.getRange: \`${name}\` must be seconds since 1970 or a Date; ${seconds} looks like milliseconds`,
    );
  }
  return seconds;
}

/** Series that become one series of an answer. */
export interface AnswerGroup extends SeriesMetric {
  readonly metric: SeriesInfo;
}

/** The series that match, those of one name and type (and one value of `by`) together. */
export async function matchingGroups(
  found: readonly (readonly SeriesInfo[])[],
  { type, tags, by }: Pick<Range, 'type' | 'tags' | 'by'>,
  turn: Turn,
): Promise<readonly AnswerGroup[]> {
  const wanted = Object.entries(tags);
  const groups: AnswerGroup[] = [];
  for (const ofName of found) {
    const byKey = new Map<string, AnswerGroup & { readonly series: SeriesInfo[] }>();
    for (const info of ofName) {
      while (!turn.take(WEIGHTS.distribution)) await turn.next();
      if (type !== undefined && info.type !== type) continue;
      if (!wanted.every(([key, text]) => tagOf(info, key) === String(text))) continue;
      const value = by === undefined ? undefined : (tagOf(info, by) ?? '');
      const key = value === undefined ? info.type : `${info.type} ${value}`;
      const group = byKey.get(key);
      if (group === undefined) {
        const metric = { ...info, tags: by === undefined ? {} : { [by]: value! } };
        byKey.set(key, { type: info.type, metric, series: [info] });
      } else {
        group.series.push(info);
      }
    }
    groups.push(...byKey.values());
  }
  return groups;
}

function tagOf({ tags }: SeriesInfo, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}

/**
 * The buckets to read, in the first rollup in which that is not too much.
 *
 * @param looked how many series there were to choose from
 * @throws TooMuchError when it is too much in every rollup
 */
export function chooseBuckets(
  { start, end, rollups, limit }: Pick<Range, 'start' | 'end' | 'rollups' | 'limit'>,
  groups: readonly AnswerGroup[],
  source: 'memory' | 'redis',
  looked: number,
): Buckets {
  let tooMuch: TooMuchError | undefined;
  for (const rollup of rollups) {
    const buckets = bucketsBetween(start, end, rollup);
    tooMuch = excess(buckets.count, groups, source, looked, limit);
    if (tooMuch === undefined) return buckets;
  }
  throw tooMuch!;
}

function excess(
  count: number,
  groups: readonly AnswerGroup[],
  source: 'memory' | 'redis',
  looked: number,
  limit: number,
): TooMuchError | undefined {
  const component = `${COMPONENT}.getRange`;
  if (count > MAX_BUCKETS_PER_SERIES)
    return new TooMuchError(component, count, MAX_BUCKETS_PER_SERIES, 'buckets');
  let read = 0;
  let columns = 0;
  let widest = 0;
  let histograms = 0;
  for (const { type, series } of groups) {
    read += series.length * count * WEIGHTS[type];
    columns += WIDTHS[type];
    widest = Math.max(widest, WIDTHS[type]);
    if (type === 'distribution' && series.length > 1) histograms = BYTES_PER_HISTOGRAM;
  }
  // One more than are kept is compared with them.
  columns = Math.min(columns, (limit + 1) * widest);
  if (read > MAX_BUCKETS_READ[source]) {
    return new TooMuchError(component, read, MAX_BUCKETS_READ[source], 'buckets');
  }
  const chosen = looked * BYTES_PER_SERIES[source] + groups.length * BYTES_PER_GROUP;
  const held = count * (columns * 8 + histograms) + chosen + BYTES_AHEAD[source];
  return held > MAX_BYTES_HELD ? new TooMuchError(component, held, MAX_BYTES_HELD, 'bytes') : undefined;
}

/** One series of an answer, as numbers. */
export interface AnswerColumn {
  readonly metric: SeriesInfo;
  readonly column: Column;
}

/** An answer, as numbers: what a request holds while it is sent. */
export interface RangeAnswer {
  readonly buckets: Buckets;
  readonly source: 'memory' | 'redis';
  readonly earliestSeconds: number | null;
  readonly completeUntilSeconds: number;
  readonly columns: readonly AnswerColumn[];
  readonly more: number;
}

/** The columns with the largest sizes, the largest first, as many as may be kept; all of them as they come without a limit. */
export class LargestColumns {
  readonly #limit: number;
  readonly #kept: { readonly size: number; readonly answer: AnswerColumn }[] = [];
  #offered = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(answer: AnswerColumn): void {
    this.#offered += 1;
    if (this.#limit === Infinity) {
      this.#kept.push({ size: 0, answer });
      return;
    }
    const { size } = answer.column;
    const smaller = this.#kept.findIndex((each) => each.size < size);
    this.#kept.splice(smaller < 0 ? this.#kept.length : smaller, 0, { size, answer });
    if (this.#kept.length > this.#limit) this.#kept.pop();
  }

  get columns(): readonly AnswerColumn[] {
    return this.#kept.map(({ answer }) => answer);
  }

  /** How many were not kept. */
  get more(): number {
    return this.#offered - this.#kept.length;
  }
}

/** A series of an answer as objects. */
export async function seriesOf(
  { metric, column }: AnswerColumn,
  buckets: Buckets,
  turn: Turn,
): Promise<RangeSeries> {
  const { name, type, unit, tags } = metric;
  const points: unknown[] = [];
  for (let index = 0; index < buckets.count; index += 1) {
    while (!turn.take(1)) await turn.next();
    points.push([buckets.startOf(index), column.pointAt(index)]);
  }
  return { name, type, unit, tags, points } as RangeSeries;
}
