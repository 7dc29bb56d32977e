import type { SeriesType } from './identity.ts';

/** How many buckets each series of an answer may have. The default rollups have less than a sixth of that. */
export const MAX_BUCKETS_PER_SERIES = 10_000;

/** How many stored buckets one query may read: of this process's memory, and of Redis. */
export const MAX_BUCKETS_READ = { memory: 4_000_000, redis: 2_000_000 } as const;

/** How many of them are read at most between two turns of the event loop. */
export const BUCKETS_PER_TURN = 20_000;

/** How many bytes one query may hold, and how many queries are answered at a time; the others wait. */
export const MAX_BYTES_HELD = 8 * 1024 * 1024;
export const QUERIES_AT_ONCE = 4;

/** How many requests may wait. */
export const MAX_WAITING = 100;

/** How many names one request may have. */
export const MAX_NAMES = 100;

/** As how many a bucket counts: to merge and to measure a distribution takes longer than to add a number. */
export const WEIGHTS: Readonly<Record<SeriesType, number>> = { counter: 1, gauge: 1, distribution: 16 };

/** How many bytes a series of the answer takes until it is known whether it is one of the largest. */
export const BYTES_PER_GROUP = 500;

/** How many buckets are read ahead from Redis, and how many bytes they take as text. */
export const BUCKETS_AHEAD = 50_000;
export const BYTES_AHEAD = { memory: 0, redis: 2 * 1024 * 1024 } as const;

/** How many bytes a series takes while a query looks for those that match: in Redis its text, and what is read from it. */
export const BYTES_PER_SERIES = { memory: 16, redis: 400 } as const;

/** A query that would read or hold too much. It was not begun. */
export class TooMuchError extends RangeError {
  /** How many buckets it would read, or how many bytes it would hold. */
  readonly needed: number;
  /** How many it may. */
  readonly limit: number;
  /** What is counted. */
  readonly unit: 'buckets' | 'bytes';
  /** How much it is, and how to ask for less. */
  readonly advice: string;

  constructor(component: string, needed: number, limit: number, unit: 'buckets' | 'bytes') {
    const verb = unit === 'buckets' ? 'read' : 'hold';
    const advice =
      `This would ${verb} ${needed} ${unit}, and ${limit} are allowed. Ask for a shorter range, ` +
      'a coarser resolution, fewer names, or for the series with one tag';
    super(`${component}: ${advice}`);
    this.advice = advice;
    this.needed = needed;
    this.limit = limit;
    this.unit = unit;
  }
}
