import type { SeriesType } from '@tallykit/tsdb';
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
}

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
    const { ranges, record } = await program.ask<StoreReply>({ rounds: rounds + 1 });
    const [firstRange = Number.NaN, ...later] = ranges;
    results.push({ type, range: summarise(later), firstRange, record });
  }
  return results;
}
