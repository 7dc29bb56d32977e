import type { SeriesType } from '@tallykit/tsdb';
import type { HostileReply, HostileRequest } from './hostile-program.ts';
import { Program } from './program.ts';
import { summarise, type Summary } from './statistics.ts';
import type { StoreReply, StoreRequest } from './store-program.ts';

/** The internal store with series of one type, measured. */
export interface StoreResult {
  readonly type: SeriesType;
  /** Milliseconds of a `getRange` of ten series over an hour, 360 points each; the first one apart. */
  readonly range: Summary;
  readonly firstRange: number;
  /** Microseconds for one value. */
  readonly record: number;
  /** How much memory a series takes, in bytes. */
  readonly bytes: number;
}

/** Requests over HTTP for the history of very many series, split by a tag. */
export interface HostileResult extends HostileReply {
  readonly type: SeriesType;
  readonly series: number;
  /** How many came at once. */
  readonly requests: number;
}

/** As many as a store keeps by default, or nearly. */
const HOSTILE_SERIES = { counter: 9_000, distribution: 300 } as const;

const TYPES: readonly SeriesType[] = ['counter', 'gauge', 'distribution'];

/**
 * Each type in a process of its own.
 *
 * @param progress how much is done, 0 to 1
 */
export async function measureStore(
  rounds: number,
  progress: (share: number) => void,
): Promise<StoreResult[]> {
  const results: StoreResult[] = [];
  for (const [index, type] of TYPES.entries()) {
    progress(index / TYPES.length);
    await using program = new Program<StoreRequest>('store-program.js', [type]);
    const { ranges, record, bytes } = await program.ask<StoreReply>({ rounds: rounds + 1 });
    const [firstRange = Number.NaN, ...later] = ranges;
    results.push({ type, range: summarise(later), firstRange, record, bytes });
  }
  return results;
}

/** One at a time, and then many at once, each type in a process of its own. */
export async function measureHostileRequests(progress: (share: number) => void): Promise<HostileResult[]> {
  const results: HostileResult[] = [];
  for (const type of ['counter', 'distribution'] as const) {
    const series = HOSTILE_SERIES[type];
    await using program = new Program<HostileRequest>('hostile-program.js', [type, String(series)]);
    for (const requests of [1, 20]) {
      progress(results.length / 4);
      results.push({ type, series, requests, ...(await program.ask<HostileReply>({ requests })) });
    }
  }
  return results;
}
