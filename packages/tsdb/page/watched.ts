import type { RangeAnswer, RangeSeries } from './api.ts';

/** The part of an answer in which the store has watched. Moments are seconds since 1970. */
export interface Watched {
  /** Starts of buckets, ascending. */
  readonly times: readonly number[];
  /** Seconds of a bucket. */
  readonly step: number;
  /** How many buckets of the answer are left out, because they are over before the store began. */
  readonly skipped: number;
  /** The first bucket that was watched from its start. */
  readonly wholeFrom: number;
  /** The first bucket that may still grow; as many as there are buckets when none may. */
  readonly openFrom: number;
  /** Whether a gauge of an open bucket may change too: where other processes have still to add to it. */
  readonly areGaugesOpen: boolean;
  /** The seconds that counts are divided by for a rate. */
  readonly seconds: number;
  /** The moments that the time axis shows. */
  readonly from: number;
  readonly until: number;
  /** When the store began, if the axis shows that moment. */
  readonly began: number | undefined;
}

/** The shortest time axis: a process that has just started would have one of a second. */
const SHORTEST_AXIS_SECONDS = 120;

/**
 * @param flushSeconds how long after its end a bucket may still grow
 * @param isFitted whether the time axis leaves out what is before the beginning
 */
export function watchedOf(
  answer: RangeAnswer,
  { flushSeconds, isFitted }: { readonly flushSeconds: number; readonly isFitted: boolean },
): Watched {
  const { seconds: step, until, completeUntil, source } = answer;
  const all = answer.series[0]?.points.map(([seconds]) => seconds) ?? [];
  const { earliest } = answer;
  const known = all.findIndex((start) => start + step > (earliest ?? Number.NEGATIVE_INFINITY));
  const skipped = known < 0 ? all.length : known;
  const times = all.slice(skipped);
  const [first = until] = times;
  const open = times.findIndex((start) => start + step > completeUntil);
  const end = (times.at(-1) ?? until) + step;
  const isUntilNow = until + step > completeUntil;
  const watchedUntil = isUntilNow ? until - (source === 'redis' ? flushSeconds : 0) : end;
  const start = Math.min(all[0] ?? answer.since, answer.since);
  const fitted = Math.max(start, Math.min(earliest ?? start, until - SHORTEST_AXIS_SECONDS));
  const from = isFitted ? Math.min(fitted, first) : start;
  return {
    times,
    step,
    skipped,
    wholeFrom: earliest !== null && first < earliest ? 1 : 0,
    openFrom: open < 0 ? times.length : open,
    areGaugesOpen: source === 'redis',
    seconds: Math.max(watchedUntil - Math.max(first, earliest ?? first), 0),
    from,
    until: Math.max(end, until),
    began: earliest !== null && earliest > from ? earliest : undefined,
  };
}

/** The points of a series in the buckets that were watched. */
export function watchedPoints(series: RangeSeries, { skipped }: Watched): RangeSeries['points'] {
  return series.points.slice(skipped);
}
