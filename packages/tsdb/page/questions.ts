import { fetchRange, Refused, type RangeAnswer } from './api.ts';
import { periodOf } from './time-range.ts';
import type { State } from './state.ts';
import { nameOf, type View } from './views.ts';

/** How many names one request asks for: few where somebody waits for the first ones, and never more than a server takes. */
export const SMALL_BATCH = 12;
export const LARGE_BATCH = 100;

/** Asks for several views, many in one request. An answer may be refused: then the reason is given in its place. */
export async function askFor(
  views: readonly View[],
  { range, resolution, tags }: Pick<State, 'range' | 'resolution' | 'tags'>,
  batchSize: number,
  onAnswer: (views: readonly View[], answer: RangeAnswer | Refused) => void,
): Promise<void> {
  const period = periodOf(range);
  const waiting = batchesOf(views, batchSize);
  for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
    const names = batch.flatMap(({ metrics }) => metrics.map(nameOf));
    try {
      onAnswer(batch, await fetchRange({ names, period, resolution, tags, by: batch[0]!.split }));
    } catch (error) {
      if (!(error instanceof Refused && error.isTooMuch)) throw error;
      // Too much for one request: each half may be little enough.
      const half = Math.ceil(batch.length / 2);
      if (batch.length === 1) onAnswer(batch, error);
      else waiting.unshift(batch.slice(0, half), batch.slice(half));
    }
  }
}

/** Views that are split are asked for one by one, because an answer holds only a few of their series. */
function batchesOf(views: readonly View[], size: number): View[][] {
  const batches: View[][] = [];
  let names = 0;
  for (const view of views) {
    names += view.metrics.length;
    const last = batches.at(-1);
    if (last !== undefined && names <= size && view.split === '' && last[0]!.split === '') {
      last.push(view);
    } else {
      batches.push([view]);
      names = view.metrics.length;
    }
  }
  return batches;
}
