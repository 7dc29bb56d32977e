import type { ServerResponse } from 'node:http';
import { systemClock } from '@tallykit/exporter-base';
import { BUCKETS_PER_TURN } from './limits.ts';
import type { AnswerColumn } from './range.ts';
import type { Buckets } from './rollups.ts';
import type { Turn } from './turns.ts';

/** An answer as pieces of JSON, each of them short, made when it is asked for. */
export type JsonParts = Iterable<string>;

const ITEMS_PER_PART = 500;
/** As how many buckets a piece counts. */
const PART_WEIGHT = BUCKETS_PER_TURN / 8;
/** For how long an answer may be held for a client that is slow to read it. */
const SEND_MILLIS = 30_000;

/** An object with a list as its last field. */
export function* objectWithList(fields: object, name: string, items: JsonParts): Generator<string> {
  const start = JSON.stringify(fields).slice(0, -1);
  yield `${start}${start === '{' ? '' : ','}${JSON.stringify(name)}:[`;
  yield* items;
  yield ']}';
}

/** The items of a list, with commas between. */
export function* listItems(items: readonly unknown[]): Generator<string> {
  for (let from = 0; from < items.length; from += ITEMS_PER_PART) {
    const some = JSON.stringify(items.slice(from, from + ITEMS_PER_PART)).slice(1, -1);
    yield from === 0 ? some : `,${some}`;
  }
}

/** Series with their points. */
export function* seriesItems(columns: readonly AnswerColumn[], buckets: Buckets): Generator<string> {
  for (const [number, { metric, column }] of columns.entries()) {
    const { name, type, unit, tags } = metric;
    const head = JSON.stringify({ name, type, unit, tags }).slice(0, -1);
    yield `${number === 0 ? '' : ','}${head},"points":[`;
    for (let from = 0; from < buckets.count; from += ITEMS_PER_PART) {
      const points: unknown[] = [];
      for (let index = from; index < Math.min(from + ITEMS_PER_PART, buckets.count); index += 1) {
        points.push([buckets.startOf(index), column.pointAt(index)]);
      }
      const some = JSON.stringify(points).slice(1, -1);
      yield from === 0 ? some : `,${some}`;
    }
    yield ']}';
  }
}

/** Writes the pieces in turns, as fast as the client reads them, and gives up a client that is too slow. */
export async function writeParts(response: ServerResponse, parts: JsonParts, turn: Turn): Promise<void> {
  const cancel = systemClock.schedule(SEND_MILLIS, () => response.destroy());
  try {
    for (const part of parts) {
      if (response.destroyed) return;
      while (!turn.take(PART_WEIGHT)) await turn.next();
      if (!response.write(part)) await drained(response);
    }
    response.end();
    await closed(response);
  } finally {
    cancel();
  }
}

/** Resolves when the client has read what was written, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    if (response.destroyed || !response.writableNeedDrain) resolve();
    else response.on('drain', done).on('close', done);
  });
}

/** Resolves when everything is with the system's network, or the client is gone. */
function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || response.writableFinished) resolve();
    else response.once('finish', resolve).once('close', resolve);
  });
}
