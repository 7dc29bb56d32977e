import type { CallRequest } from './call-program.ts';
import type { Setup } from './call-subjects.ts';
import { HEADLINE, type PairPlan } from './plan.ts';
import { Program } from './program.ts';
import { summarise, type Summary } from './statistics.ts';
import { cutOutOperationLog } from './without-operation-log.ts';

/** `incr` as it is set up in two ways. */
export interface PairResult {
  readonly name: PairName;
  /** Nanoseconds a call. */
  readonly first: Summary;
  readonly second: Summary;
  /** How many times the second one's time the first one takes. */
  readonly ratio: Summary;
}

export type PairName = 'operationLog' | 'defaultBackend';

const PAIRS: readonly (readonly [PairName, Setup, Setup])[] = [
  ['operationLog', 'usual', 'without operation log'],
  ['defaultBackend', 'default backend', 'without readers'],
];

const ID = HEADLINE.tallykit;

/**
 * Both runs of a pair are processes of their own that make the same calls, in turns so short that a busy machine slows both
 * alike. They are started anew for each pair, because the compiler doesn't do the same in every process.
 *
 * @param progress how much is done, 0 to 1
 */
export async function measurePairs(plan: PairPlan, progress: (share: number) => void): Promise<PairResult[]> {
  cutOutOperationLog();
  const results = PAIRS.map(([name, ...setups]) => ({ name, setups, pairs: [] as PairOfRuns[] }));
  for (let pair = 0; pair < plan.pairs; pair += 1) {
    progress(pair / plan.pairs);
    for (const { setups, pairs } of results) pairs.push(await measurePair(setups, plan));
  }
  return results.map(({ name, pairs }) => ({
    name,
    first: summarise(pairs.map(({ first }) => first)),
    second: summarise(pairs.map(({ second }) => second)),
    ratio: summarise(pairs.map(({ ratio }) => ratio)),
  }));
}

/** Medians. */
interface PairOfRuns {
  readonly first: number;
  readonly second: number;
  readonly ratio: number;
}

async function measurePair([setup, other]: readonly [Setup, Setup], plan: PairPlan): Promise<PairOfRuns> {
  await using program = start(setup);
  await using otherProgram = start(other);
  const first = { program, nanoseconds: [] as number[] };
  const second = { program: otherProgram, nanoseconds: [] as number[] };
  let order = [first, second];
  for (const run of order) await time(run.program, plan.warmUpCalls);
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const run of order) run.nanoseconds.push(await time(run.program, plan.calls));
    order = order.toReversed();
  }
  return {
    first: summarise(first.nanoseconds).median,
    second: summarise(second.nanoseconds).median,
    ratio: summarise(first.nanoseconds.map((value, round) => value / second.nanoseconds[round]!)).median,
  };
}

function start(setup: Setup): Program<CallRequest> {
  return new Program('call-program.js', ['0', setup, ID]);
}

/** Nanoseconds a call. */
function time(program: Program<CallRequest>, calls: number): Promise<number> {
  return program.ask({ type: 'time', id: ID, calls });
}
