import { CALL_CASES, LIBRARIES } from './call-cases.ts';
import type { CallCase } from './call-cases.ts';
import type { CallRequest } from './call-program.ts';
import { HEADLINE_IDS, REUSED_IDS } from './plan.ts';
import type { Plan } from './plan.ts';
import { Program } from './program.ts';
import { shuffled, summarise } from './statistics.ts';
import type { Summary } from './statistics.ts';

/** A case, measured. */
export interface CallResult extends CallCase {
  /** Of a call in a process that makes the calls of all cases of its library, as a program has many call sites. */
  readonly nanoseconds: Summary;
  /** The same in a process that makes no other calls; `timing` and `histogram.record` have one together. */
  readonly aloneNanoseconds: Summary | undefined;
  readonly aloneRounds: readonly number[] | undefined;
  /** Bytes that a call leaves to the garbage collector. */
  readonly bytes: number | undefined;
}

const PROGRAM = 'call-program.js';
/** Room for all that a measurement allocates. */
const ROOMY = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

type Started = readonly [program: Program<CallRequest>, ids: readonly string[]];

interface Contender {
  readonly id: string;
  readonly program: Program<CallRequest>;
  readonly nanoseconds: number[];
  calls: number;
}

/**
 * All cases in turn, in another order each round, and many rounds, so that a busy machine slows all of them alike.
 *
 * @param progress how much is done, 0 to 1
 */
export async function measureCalls(
  plan: Plan,
  port: number,
  random: () => number,
  progress: (share: number) => void,
): Promise<CallResult[]> {
  const cases = CALL_CASES.filter(({ id }) => plan.callIds.includes(id));
  const programs: Program<CallRequest>[] = [];
  const start = (ids: readonly string[]): Started => {
    const program = new Program<CallRequest>(PROGRAM, [String(port), 'usual', ...ids]);
    programs.push(program);
    return [program, ids];
  };
  try {
    const together = LIBRARIES.map((library) =>
      start(cases.filter((callCase) => callCase.library === library).map(({ id }) => id)),
    );
    const alone = plan.aloneIds.map(start);
    const contend = ([program, ids]: Started): Contender[] =>
      ids.map((id) => ({ id, program, nanoseconds: [], calls: 0 }));
    const contenders = together.flatMap(contend);
    const companies = alone.map(contend);
    const lonely = companies.flat();
    const all = [...contenders, ...lonely];
    // Those that share a process come right after each other, as a pair.
    const turns = [...contenders.map((contender) => [contender]), ...companies].flatMap((company) =>
      Array.from({ length: HEADLINE_IDS.has(company[0]!.id) ? plan.headlineTurns : 1 }, () => company),
    );
    const steps = 2 * all.length + turns.flat().length * plan.callRounds;
    let step = 0;
    for (const [index, contender] of all.entries()) {
      const { id, program } = contender;
      const millis = index < contenders.length ? plan.warmUpMillis : plan.aloneWarmUpMillis;
      await program.ask({ type: 'calibrate', id, millis });
      contender.calls = await program.ask({ type: 'calibrate', id, millis: plan.callMillis });
      progress((step += 2) / steps);
    }
    for (let round = 0; round < plan.callRounds; round += 1) {
      for (const [program] of [...together, ...alone]) await program.ask({ type: 'collect' });
      for (const company of shuffled(turns, random)) {
        for (const { id, program, nanoseconds, calls } of shuffled(company, random)) {
          nanoseconds.push(await program.ask({ type: 'time', id, calls }));
          progress((step += 1) / steps);
        }
      }
    }
    const aloneById = new Map(lonely.map(({ id, nanoseconds }) => [id, nanoseconds]));
    return contenders.map(({ id, nanoseconds }, index) => {
      const aloneRounds = aloneById.get(id);
      return {
        ...cases[index]!,
        nanoseconds: summarise(nanoseconds),
        aloneNanoseconds: aloneRounds && summarise(aloneRounds),
        aloneRounds,
        bytes: undefined,
      };
    });
  } finally {
    await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
  }
}

/** What the calls allocate, which needs no rounds: it is the same every time. */
export async function measureAllocation(
  results: readonly CallResult[],
  plan: Plan,
  port: number,
  progress: (share: number) => void,
): Promise<CallResult[]> {
  const bytesById = new Map<string, number>();
  for (const library of LIBRARIES) {
    const ids = results
      .filter((result) => result.library === library && plan.allocationIds.includes(result.id))
      .map(({ id }) => id);
    if (ids.length === 0) continue;
    await using program = new Program<CallRequest>(PROGRAM, [String(port), 'usual', ...ids], ROOMY);
    for (const id of ids) {
      const mostCalls = REUSED_IDS.includes(id) ? plan.reusedCalls : plan.allocationCalls;
      bytesById.set(id, await program.ask({ type: 'allocate', id, mostCalls }));
      progress(bytesById.size / plan.allocationIds.length);
    }
  }
  return results.map((result) => ({ ...result, bytes: bytesById.get(result.id) }));
}
