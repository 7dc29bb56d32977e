import type { SeriesType } from '@tallykit/tsdb';
import type { AggregatedKind } from './aggregation-program.ts';
import { caseId, HISTOGRAM_VERBS, SERIES, type Library, type Verb } from './call-cases.ts';
import type { SeriesKind } from './export-program.ts';
import type { Destination, ExporterName } from './export-subjects.ts';
import type { CollectionResult, HeapResult } from './measure-aggregation.ts';
import type { CallResult } from './measure-calls.ts';
import type { ExportResult } from './measure-exports.ts';
import type { PairResult } from './measure-pairs.ts';
import type { Recorder, ServerResult } from './measure-server.ts';
import type { HostileResult, StoreResult } from './measure-store.ts';
import type { WholeResult } from './measure-whole.ts';
import { HEADLINE } from './plan.ts';
import { summarise } from './statistics.ts';

/** What we promise, beside what was measured. */
export interface Requirement {
  readonly what: string;
  readonly limit: number;
  readonly isAtMost: boolean;
  readonly unit: '×' | 'B' | 'ms' | 'ns' | 'µs';
  /** `undefined`: not measured in this run. */
  readonly measured: number | undefined;
}

export interface Results {
  readonly calls: readonly CallResult[];
  readonly pairs: readonly PairResult[];
  readonly exports: readonly ExportResult[];
  readonly http: readonly ExportResult[];
  readonly store: readonly StoreResult[];
  readonly hostile: readonly HostileResult[];
  readonly collections: readonly CollectionResult[];
  readonly whole: readonly WholeResult[];
  readonly heap: readonly HeapResult[];
  readonly servers: readonly ServerResult[];
}

const MOST_SERIES = 100_000;

export function isMet({ limit, isAtMost, measured }: Requirement): boolean | undefined {
  if (measured === undefined) return undefined;
  return isAtMost ? measured <= limit : measured >= limit;
}

export function requirements(results: Results): Requirement[] {
  return [...requirementsOfInstruments(results), ...requirementsOfProducers(results)];
}

/** Verbs that cost what their instrument costs, where they go to one. */
const LABELLED_VERBS = ['gauge', 'timing', 'distribution'] as const;

function requirementsOfProducers({ calls, collections, whole, heap, servers }: Results): Requirement[] {
  const byId = new Map(calls.map((call) => [call.id, call.nanoseconds.median]));
  const ratioOf = (slower: string, faster: string): number[] => {
    const [above, below] = [byId.get(slower), byId.get(faster)];
    return above === undefined || below === undefined ? [] : [above / below];
  };
  const besideInstruments = LABELLED_VERBS.flatMap((verb) =>
    (['fresh', 'same'] as const).flatMap((objects) =>
      ratioOf(
        caseId('opentelemetry', verb, 3, objects, SERIES),
        caseId('producers', verb, 3, objects, SERIES),
      ),
    ),
  );
  const besidePromClient = calls
    .filter(({ library, tagCount }) => library === 'producers' && tagCount > 0)
    .flatMap(({ id, verb, tagCount, objects, series }) =>
      ratioOf(id, caseId('prom-client', verb, tagCount, objects, series)),
    );
  const bound = (library: Library, ...verbs: readonly Verb[]): number | undefined =>
    atWorst(
      verbs.flatMap((verb) => byId.get(caseId(library, verb, 3, 'bound', 1)) ?? []),
      Math.max,
    );
  const collection = (kind: AggregatedKind, temporality: string): number | undefined => {
    const found = collections.find((each) => each.kind === kind && each.temporality === temporality);
    return found && found.producers.processor.median / found.opentelemetry.processor.median;
  };
  const blocks = collections.map(({ producers }) => producers.block.median);
  const heapOf = (kind: AggregatedKind, temporality: string): number | undefined =>
    heap.find((each) => each.kind === kind && each.temporality === temporality)?.bytes.producers;
  const above = (recorder: Recorder): number | undefined =>
    servers.find((each) => each.recorder === recorder)?.above.median;
  const [ours, theirs] = [above('producers'), above('prom-client')];
  return [
    {
      what: 'producers: gauge, timing, distribution, 3 tags: faster than instruments (worst)',
      limit: 8,
      isAtMost: false,
      unit: '×',
      measured: atWorst(besideInstruments, Math.min),
    },
    most('the same with any tags: time of prom-client (worst)', 1, '×', atWorst(besidePromClient, Math.max)),
    most('bound counter, up-down counter and gauge', 10, 'ns', bound('producers', 'incr', 'upDown', 'gauge')),
    most('bound timing and distribution, exponential', 50, 'ns', bound('producers', ...HISTOGRAM_VERBS)),
    most(
      'bound timing and distribution, explicit',
      30,
      'ns',
      bound('explicit producers', ...HISTOGRAM_VERBS),
    ),
    most('longest own block of a collection of 100k series', 10, 'ms', atWorst(blocks, Math.max)),
    most('collecting counters, delta: processor time of the SDK', 0.25, '×', collection('counters', 'delta')),
    most('the same, cumulative', 0.25, '×', collection('counters', 'cumulative')),
    most('collecting timings, delta: processor time of the SDK', 0.33, '×', collection('timings', 'delta')),
    most('the same, cumulative', 0.5, '×', collection('timings', 'cumulative')),
    ...['dogstatsd', 'datadog'].map((name) =>
      most(
        `longest block, startMetrics with ${name}, 100k series`,
        20,
        'ms',
        whole.find(({ backend }) => backend === name)?.block.median,
      ),
    ),
    most('heap of a counter series, delta', 350, 'B', heapOf('counters', 'delta')),
    most('the same, cumulative', 350, 'B', heapOf('counters', 'cumulative')),
    most('heap of a timing series of 20 values, delta', 1_000, 'B', heapOf('timings', 'delta')),
    most(
      'a server with producers: cost of a request beside prom-client',
      1,
      '×',
      ours && theirs && ours / theirs,
    ),
  ];
}

function most(
  what: string,
  limit: number,
  unit: Requirement['unit'],
  measured: number | undefined,
): Requirement {
  return { what, limit, isAtMost: true, unit, measured };
}

function requirementsOfInstruments({ calls, pairs, exports, http, store, hostile }: Results): Requirement[] {
  const byId = new Map(calls.map((call) => [call.id, call]));
  const ratio = (slower: string, faster: string): number | undefined => {
    const [above, below] = [byId.get(slower), byId.get(faster)];
    return above && below && above.nanoseconds.median / below.nanoseconds.median;
  };
  const pairedRatio = (first: string, second: string): number | undefined => {
    const [above, below] = [byId.get(first)?.aloneRounds, byId.get(second)?.aloneRounds];
    return above && below && summarise(above.map((value, round) => value / below[round]!)).median;
  };
  const bytes = (id: string): number | undefined => {
    const measured = byId.get(id)?.bytes;
    // Less than nothing is what the compiler freed meanwhile.
    return measured && Math.max(0, measured);
  };
  const least = (what: string, limit: number, measured: number | undefined): Requirement => ({
    what,
    limit,
    isAtMost: false,
    unit: '×',
    measured,
  });
  const isNode24 = Number(process.versions.node.split('.')[0]) >= 24;
  const countersOf = (name: ExporterName) =>
    exports.filter(({ exporter, kind }) => exporter === name && kind !== 'timings');
  /** How often hot-shots' processor time is ours, where it is least often. */
  const leastOften = (name: ExporterName, to: Destination): number | undefined =>
    atWorst(
      countersOf(name).flatMap(({ [to]: ours }) => ours?.hotShotsRatio?.median ?? []),
      Math.min,
    );
  /** The longest block with the most series, in any of these parts. */
  const longestBlock = (
    results: readonly ExportResult[],
    wanted: SeriesKind,
    ...parts: readonly ('drain' | Destination)[]
  ): number | undefined => {
    const largest = results.filter(({ series, kind }) => series === MOST_SERIES && kind === wanted);
    const blocks = largest.flatMap((result) => parts.flatMap((part) => result[part]?.block?.own.most ?? []));
    return atWorst(blocks, Math.max);
  };
  const rangeOf = (wanted: SeriesType) => store.find(({ type }) => type === wanted)?.range.median;
  return [
    least(
      'incr, 3 fresh tags, 100 series: faster than counter.add',
      isNode24 ? 7 : 8,
      ratio(HEADLINE.opentelemetry, HEADLINE.tallykit),
    ),
    least('the same: faster than hot-shots, buffered', 20, ratio(HEADLINE.hotShots, HEADLINE.tallykit)),
    least('bound counter: faster than counter.add', 60, ratio(HEADLINE.opentelemetry, HEADLINE.bound)),
    most(
      'timing: time of histogram.record in the same process',
      1.3,
      '×',
      pairedRatio(HEADLINE.timing, HEADLINE.histogram),
    ),
    most(
      'operation log off: time of incr without the hook',
      1.1,
      '×',
      pairs.find(({ name }) => name === 'operationLog')?.ratio.median,
    ),
    most('incr with reused objects: allocated by a call', 1, 'B', bytes(HEADLINE.same)),
    least(
      'export() to payloads: less processor time than hot-shots (worst)',
      5,
      leastOften('statsd', 'nowhere'),
    ),
    least('DogStatsD, the same', 5, leastOften('dogstatsd', 'nowhere')),
    least('DogStatsD, export() over UDP', 2, leastOften('dogstatsd', 'network')),
    most('longest block, draining 100k series', 20, 'ms', longestBlock(exports, 'counters', 'drain')),
    most(
      'longest block, exporting 100k series to payloads',
      20,
      'ms',
      longestBlock(exports, 'counters', 'nowhere'),
    ),
    most(
      'longest block, exporting 100k series over UDP',
      20,
      'ms',
      longestBlock(exports, 'counters', 'network'),
    ),
    most(
      'longest block, exporting 100k counters to Datadog',
      20,
      'ms',
      longestBlock(http, 'counters', 'nowhere', 'network'),
    ),
    most(
      'longest block, exporting 100k sketches to Datadog',
      20,
      'ms',
      longestBlock(http, 'sketches', 'nowhere', 'network'),
    ),
    most('getRange of 10 series over an hour, counters', 2, 'ms', rangeOf('counter')),
    most('getRange of 10 series over an hour, distributions', 2, 'ms', rangeOf('distribution')),
    most(
      'longest block, 20 requests for all of 9,000 series',
      20,
      'ms',
      atWorst(
        hostile.map(({ own }) => own),
        Math.max,
      ),
    ),
  ];
}

function atWorst(values: readonly number[], worst: (...values: number[]) => number): number | undefined {
  return values.length === 0 ? undefined : worst(...values);
}
