import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import { compileFunction } from 'node:vm';
import { CALL_CASES, SERIES, TAG_COUNTS, tagLiteral } from './call-cases.ts';
import type { CallCase, Library, TagCount } from './call-cases.ts';
import { createSubject, ROUTES } from './call-subjects.ts';
import type { CallSubject, ReusedTags, Setup, TagObject } from './call-subjects.ts';
import { answerRequests } from './program.ts';

/** What this program can be asked. The answer is a number, described here. */
export type CallRequest =
  /** Warms the case up; how many of its calls take so long. */
  | { readonly type: 'calibrate'; readonly id: string; readonly millis: number }
  /** Nanoseconds a call. */
  | { readonly type: 'time'; readonly id: string; readonly calls: number }
  /** Bytes a call; needs a young generation that holds them all. */
  | { readonly type: 'allocate'; readonly id: string; readonly mostCalls: number }
  /** What happens once in an interval. */
  | { readonly type: 'collect' };

type Run = (calls: number) => void;

/** Arguments: the sink's port, where Tallykit's `metrics` come from, and the cases. */
const [port, setup, ...ids] = process.argv.slice(2) as [string, Setup, ...string[]];

const cases = ids.map((id) => {
  const found = CALL_CASES.find((callCase) => callCase.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
});
const reused = reusedTags();
const subjects = new Map<Library, CallSubject>();
for (const library of new Set(cases.map((callCase) => callCase.library))) {
  subjects.set(library, await createSubject(library, setup, reused, Number(port)));
}
const runs = new Map(cases.map((callCase) => [callCase.id, compile(callCase)]));

/** Such a part of a round goes first and isn't timed: other cases, and other processes, had the caches meanwhile. */
const LEAD_IN = 0.1;

/** So much of the young generation may be filled before a collection comes. */
const ALLOCATION_BYTES = 40_000_000;
const ALLOCATION_ATTEMPTS = 2;
const WARM_UP_CALLS = 4_000;
/** What measuring takes on the heap by itself. */
let ofItself: number | undefined;

answerRequests(async (request: CallRequest): Promise<number> => {
  if (request.type === 'collect') {
    for (const subject of subjects.values()) await subject.collect();
    return 0;
  }
  const run = runs.get(request.id)!;
  switch (request.type) {
    case 'calibrate':
      return calibrate(run, request.millis);
    case 'time': {
      await drained(run, Math.ceil(request.calls * LEAD_IN));
      return (await drained(run, request.calls)) / request.calls;
    }
    case 'allocate':
      return allocated(run, request.mostCalls);
  }
});

/** Nanoseconds, to the last datagram. */
async function drained(run: Run, calls: number): Promise<number> {
  const start = process.hrtime.bigint();
  run(calls);
  while (isBusy()) await turn();
  return Number(process.hrtime.bigint() - start);
}

function isBusy(): boolean {
  for (const subject of subjects.values()) if (subject.isBusy()) return true;
  return false;
}

async function calibrate(run: Run, millis: number): Promise<number> {
  let calls = 256;
  for (;;) {
    // The shorter time is the one without the compiler, or another process, in between.
    const nanoseconds = Math.min(
      await drained(run, calls),
      await drained(run, calls),
      await drained(run, calls),
    );
    if (nanoseconds >= millis * 5e5) return Math.ceil((calls * millis * 1e6) / nanoseconds);
    calls *= 2;
  }
}

async function allocated(run: Run, mostCalls: number): Promise<number> {
  await drained(run, WARM_UP_CALLS);
  const roughly = Math.max(0, await growth(run, WARM_UP_CALLS)) / WARM_UP_CALLS;
  let calls = Math.min(mostCalls, Math.floor(ALLOCATION_BYTES / (roughly + 4)));
  ofItself ??= await growth(() => undefined, 0);
  let least = Number.NaN;
  for (let attempt = 0; attempt < ALLOCATION_ATTEMPTS; attempt += 1) {
    const bytes = (await growth(run, calls)) - ofItself;
    if (Number.isNaN(bytes)) calls = Math.ceil(calls / 2);
    // What the compiler makes of the code lies on the same heap, and comes only once.
    else if (!(bytes / calls > least)) least = bytes / calls;
  }
  if (Number.isNaN(least)) throw new Error('garbage is collected too early to see how much there is');
  return least;
}

/** By how much the heap grew, or NaN when something of it was collected meanwhile. */
async function growth(run: Run, calls: number): Promise<number> {
  (globalThis.gc as () => void)();
  await turn();
  let collections = 0;
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length));
  observer.observe({ entryTypes: ['gc'] });
  const before = getHeapStatistics().used_heap_size;
  await drained(run, calls);
  const after = getHeapStatistics().used_heap_size;
  await turn();
  await turn();
  collections += observer.takeRecords().length;
  observer.disconnect();
  return collections === 0 ? after - before : Number.NaN;
}

/** Each case is a function of its own, so that its call site sees nothing but its own calls. */
function compile({ library, call, series }: CallCase): Run {
  const scope = { ...sharedScope(), ...subjects.get(library)!.scope };
  const next = series === 1 ? '' : `s = s === ${SERIES - 1} ? 0 : s + 1;`;
  const loop = `let s = 0; for (let n = 0; n < calls; n += 1) { ${call}; ${next} }`;
  const run = compileFunction(`return (calls) => { ${loop} };`, Object.keys(scope)) as (
    ...values: readonly unknown[]
  ) => Run;
  return run(...Object.values(scope));
}

/** What the calls of every library name. */
function sharedScope(): Record<string, unknown> {
  const values = Array.from({ length: 256 }, (_, index) => 0.5 + ((index * 1_103) % 997));
  const same = TAG_COUNTS.map((tagCount) => [`same_${tagCount}`, reused[tagCount]] as const);
  return { routes: ROUTES, values, ...Object.fromEntries(same) };
}

function reusedTags(): ReusedTags {
  const objects = (tagCount: TagCount): TagObject[] => {
    const create = compileFunction(`return ${tagLiteral(tagCount, 'route')};`, ['route']) as (
      route: string,
    ) => TagObject;
    return ROUTES.map((route) => create(route));
  };
  return { 0: objects(0), 1: objects(1), 3: objects(3), 10: objects(10) };
}
