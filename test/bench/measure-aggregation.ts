import type {
  AggregatedKind,
  AggregationRequest,
  Aggregator,
  CollectionReply,
} from './aggregation-program.ts';
import { Program } from './program.ts';
import { summarise, type Summary } from './statistics.ts';

/** What is collected, and how often. */
export interface CollectionPlan {
  readonly kind: AggregatedKind;
  readonly temporality: 'delta' | 'cumulative';
  readonly series: number;
  readonly valuesPerSeries: number;
  readonly rounds: number;
}

/** A collection of one reader: milliseconds. */
export interface CollectionWork {
  readonly processor: Summary;
  /** The longest block of the event loop, without the garbage collector's pauses. */
  readonly block: Summary;
  readonly longestPause: Summary;
}

export interface CollectionResult extends CollectionPlan {
  readonly producers: CollectionWork;
  readonly opentelemetry: CollectionWork;
}

/** Bytes of the heap for each series, with one reader. */
export interface HeapResult {
  readonly kind: AggregatedKind;
  readonly temporality: 'delta' | 'cumulative';
  readonly bytes: Readonly<Partial<Record<Aggregator, number>>>;
}

const PROGRAM = 'aggregation-program.js';

/** Without it a large young generation would grow in the middle of the rounds. */
const WARM_UP_ROUNDS = 2;

/** Our producer and the SDK, each in a process of its own, in turns. */
export async function measureCollection(plan: CollectionPlan): Promise<CollectionResult> {
  await using producers = start('producers', plan);
  await using opentelemetry = start('opentelemetry', plan);
  const both = [producers, opentelemetry].map((program) => ({
    program,
    plain: [] as CollectionReply[],
    watched: [] as CollectionReply[],
  }));
  for (let round = -WARM_UP_ROUNDS; round < plan.rounds; round += 1) {
    for (const { program, plain, watched } of both) {
      const unwatched = await ask(program, false);
      const underWatch = await ask(program, true);
      if (round < 0) continue;
      plain.push(unwatched);
      watched.push(underWatch);
    }
  }
  const [ours, theirs] = both.map(({ plain, watched }) => ({
    processor: summarise(plain.map(({ processor }) => processor)),
    block: summarise(watched.map(({ block }) => block!.own)),
    longestPause: summarise(watched.map(({ longestPause }) => longestPause)),
  }));
  return { ...plan, producers: ours!, opentelemetry: theirs! };
}

/** How much each way to add up keeps, each in a process of its own. */
export async function measureHeap(series: number): Promise<HeapResult[]> {
  const results: HeapResult[] = [];
  for (const [kind, valuesPerSeries] of [
    ['counters', 1],
    ['timings', 20],
  ] as const) {
    for (const temporality of ['delta', 'cumulative'] as const) {
      const bytes: Partial<Record<Aggregator, number>> = {};
      for (const aggregator of ['producers', 'instruments', 'opentelemetry', 'prom-client'] as const) {
        if (aggregator === 'prom-client' && temporality === 'delta') continue;
        await using program = start(aggregator, { kind, temporality, series, valuesPerSeries }, [
          '--expose-gc',
        ]);
        bytes[aggregator] = await program.ask<number>({ type: 'heap' });
      }
      results.push({ kind, temporality, bytes });
    }
  }
  return results;
}

function start(
  aggregator: Aggregator,
  { kind, temporality, series, valuesPerSeries }: Omit<CollectionPlan, 'rounds'>,
  options: readonly string[] = [],
): Program<AggregationRequest> {
  return new Program(
    PROGRAM,
    [aggregator, kind, temporality, String(series), String(valuesPerSeries)],
    options,
  );
}

function ask(program: Program<AggregationRequest>, isWatched: boolean): Promise<CollectionReply> {
  return program.ask({ type: 'collect', isWatched });
}
