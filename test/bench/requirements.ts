import type { SeriesType } from '@tallykit/tsdb';
import type { SeriesKind } from './export-program.ts';
import type { Destination, ExporterName } from './export-subjects.ts';
import type { CallResult } from './measure-calls.ts';
import type { ExportResult } from './measure-exports.ts';
import type { PairResult } from './measure-pairs.ts';
import type { StoreResult } from './measure-store.ts';
import { HEADLINE } from './plan.ts';
import { summarise } from './statistics.ts';

/** What we promise, beside what was measured. */
export interface Requirement {
  readonly what: string;
  readonly limit: number;
  readonly isAtMost: boolean;
  readonly unit: '×' | 'B' | 'ms';
  /** `undefined`: not measured in this run. */
  readonly measured: number | undefined;
}

export interface Results {
  readonly calls: readonly CallResult[];
  readonly pairs: readonly PairResult[];
  readonly exports: readonly ExportResult[];
  readonly http: readonly ExportResult[];
  readonly store: readonly StoreResult[];
}

const MOST_SERIES = 100_000;

export function isMet({ limit, isAtMost, measured }: Requirement): boolean | undefined {
  if (measured === undefined) return undefined;
  return isAtMost ? measured <= limit : measured >= limit;
}

export function requirements({ calls, pairs, exports, http, store }: Results): Requirement[] {
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
  const most = (
    what: string,
    limit: number,
    unit: 'B' | 'ms' | '×',
    measured: number | undefined,
  ): Requirement => ({
    what,
    limit,
    isAtMost: true,
    unit,
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
  ];
}

function atWorst(values: readonly number[], worst: (...values: number[]) => number): number | undefined {
  return values.length === 0 ? undefined : worst(...values);
}
