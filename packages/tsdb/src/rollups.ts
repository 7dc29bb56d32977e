/** One resolution of the history: how many seconds a bucket has, and how many buckets are kept. */
export type Rollup = readonly [seconds: number, samples: number];

/** A moment: seconds since 1970, with or without a fraction, or a `Date`. */
export type Moment = number | Date;

/** One hour in steps of 10 seconds, one day in minutes, one week in hours, 90 days in days. */
export const DEFAULT_ROLLUPS: readonly Rollup[] = [
  [10, 360],
  [60, 1440],
  [3600, 168],
  [86_400, 90],
];

export function toSeconds(moment: Moment): number {
  return typeof moment === 'number' ? moment : moment.getTime() / 1000;
}

/** The start of the bucket that a moment lies in. */
export function bucketStart(seconds: number, rollupSeconds: number): number {
  return Math.floor(seconds / rollupSeconds) * rollupSeconds;
}

/** When the history of a rollup no longer reaches back to the start of a bucket. */
export function bucketExpiry(seconds: number, [rollupSeconds, samples]: Rollup): number {
  return bucketStart(seconds, rollupSeconds) + rollupSeconds * samples;
}

/**
 * How many buckets more than its history a rollup stores: a range over the whole of it begins in the middle of one bucket
 * and ends in the middle of another, and time passes between a question and its answer.
 */
export const SPARE_BUCKETS = 2;

/** Until when a bucket is stored. */
export function storedUntil(seconds: number, rollup: Rollup): number {
  return bucketExpiry(seconds, rollup) + SPARE_BUCKETS * rollup[0];
}

/** Neighbouring buckets of one rollup, by their number from 0. */
export class Buckets {
  readonly rollup: Rollup;
  readonly count: number;
  readonly #first: number;

  /** @param first when the first one begins, in seconds since 1970 */
  constructor(rollup: Rollup, first: number, count: number) {
    this.rollup = rollup;
    this.count = count;
    this.#first = first;
  }

  /** When a bucket begins, in seconds since 1970. A negative number is that of a bucket before the first. */
  startOf(index: number): number {
    return this.#first + index * this.rollup[0];
  }

  /** When a bucket ends. */
  endOf(index: number): number {
    return this.startOf(index + 1);
  }
}

/**
 * The buckets of a range: those that one meets going back from the end in steps of one bucket. So the bucket of the end is
 * always there, and that of the start when the steps meet it. None when the start is after the end.
 */
export function bucketsBetween(start: number, end: number, rollup: Rollup): Buckets {
  const [seconds] = rollup;
  const first = firstBucket(start, end, seconds);
  return new Buckets(rollup, first, Math.max((bucketStart(end, seconds) - first) / seconds + 1, 0));
}

function firstBucket(start: number, end: number, rollupSeconds: number): number {
  return bucketStart(end, rollupSeconds) - Math.floor((end - start) / rollupSeconds) * rollupSeconds;
}

/**
 * The rollups that are long enough for a range and have not forgotten its start, the finest first; the coarsest one when
 * none reaches that far back.
 */
export function reachingRollups(
  rollups: readonly Rollup[],
  { start, end, now }: { readonly start: number; readonly end: number; readonly now: number },
): readonly [Rollup, ...Rollup[]] {
  const [first, ...others] = rollups.filter((rollup) => {
    const [seconds, samples] = rollup;
    return seconds * samples >= end - start && storedUntil(firstBucket(start, end, seconds), rollup) > now;
  });
  return first === undefined ? [rollups.at(-1)!] : [first, ...others];
}

/** Adds ascending points up into coarser buckets. */
export function rollUp(
  points: readonly (readonly [seconds: number, value: number])[],
  rollupSeconds: number,
): (readonly [seconds: number, value: number])[] {
  const sums = new Map<number, number>();
  for (const [seconds, value] of points) {
    const bucket = bucketStart(seconds, rollupSeconds);
    sums.set(bucket, (sums.get(bucket) ?? 0) + value);
  }
  return [...sums];
}

const SECONDS_OF = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** The seconds of a resolution such as `10s`, `5m`, `1h` or `1d`; `undefined` for any other text. */
export function parseResolution(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * SECONDS_OF[unit as keyof typeof SECONDS_OF];
}

/** The shortest text that `parseResolution` reads as so many seconds. */
export function formatResolution(seconds: number): string {
  for (const unit of ['d', 'h', 'm'] as const) {
    if (seconds % SECONDS_OF[unit] === 0) return `${seconds / SECONDS_OF[unit]}${unit}`;
  }
  return `${seconds}s`;
}
