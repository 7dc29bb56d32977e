import { CALL_CASES, caseId, SERIES } from './call-cases.ts';
import type { SeriesKind } from './export-program.ts';
import type { ExporterName } from './export-subjects.ts';
import type { CollectionPlan } from './measure-aggregation.ts';
import type { ServerPlan } from './measure-server.ts';

/** How much is measured. */
export interface Plan {
  readonly callIds: readonly string[];
  /** Cases that get a process of their own as well, one or two in each. */
  readonly aloneIds: readonly (readonly string[])[];
  readonly callRounds: number;
  /** How often those of `HEADLINE` have their turn in a round. */
  readonly headlineTurns: number;
  /** How long one round of one case takes. */
  readonly callMillis: number;
  readonly warmUpMillis: number;
  /** Where no other case warms the same code. */
  readonly aloneWarmUpMillis: number;
  /** Cases whose allocation is measured, and over how many calls at most. */
  readonly allocationIds: readonly string[];
  readonly allocationCalls: number;
  /** The same for `REUSED_IDS`. */
  readonly reusedCalls: number;
  readonly pairs: PairPlan;
  /** Over UDP, beside hot-shots. */
  readonly exports: readonly ExportPlan[];
  /** To Datadog. */
  readonly http: readonly ExportPlan[];
  /** How often the internal store is asked for an hour. */
  readonly rangeRounds: number;
  readonly collections: readonly CollectionPlan[];
  /** How many series there are when the heap is looked at. */
  readonly heapSeries: number;
  readonly server: ServerPlan;
  /** How often `startMetrics` flushes `heapSeries` series. */
  readonly wholeRounds: number;
  /** How often a process imports each package. */
  readonly importRounds: number;
}

/** Two ways to set up `metrics`, compared in pairs of runs. */
export interface PairPlan {
  readonly pairs: number;
  readonly warmUpCalls: number;
  /** In each run, in turns with the other one. */
  readonly rounds: number;
  /** In each round. */
  readonly calls: number;
}

export interface ExportPlan {
  readonly exporter: ExporterName;
  readonly kind: SeriesKind;
  readonly series: number;
  readonly valuesPerSeries: number;
  readonly rounds: number;
  /** In how many of them it is really sent too: over UDP pacing makes that long. */
  readonly networkRounds: number;
  /** Whether hot-shots has as many rounds, in turns with ours. */
  readonly hasHotShots: boolean;
  /**
   * After so many lines each side is as fast as it will be. Half of them would do for most sizes on Node 20; on Node 24 the
   * compiler takes longer.
   */
  readonly warmUpLines: number;
  /** Rounds, besides the first, in which the event loop is watched. */
  readonly watchedRounds: number;
}

/** More values than the exporter's `sampleLimit`, so that each series becomes 250 lines. */
const VALUES_PER_TIMING = 400;

/** A value every half a second, in the usual interval. */
const VALUES_PER_SKETCH = 20;

const WARM_UP_LINES = 200_000;

/** The cases that people ask about first. */
export const HEADLINE = {
  opentelemetry: caseId('opentelemetry', 'incr', 3, 'fresh', SERIES),
  tallykit: caseId('tallykit', 'incr', 3, 'fresh', SERIES),
  same: caseId('tallykit', 'incr', 3, 'same', SERIES),
  sameTags: caseId('tallykit', 'incr', 3, 'same tags', SERIES),
  bound: caseId('tallykit', 'incr', 3, 'bound', SERIES),
  promClient: caseId('prom-client', 'incr', 3, 'fresh', SERIES),
  promClientBound: caseId('prom-client', 'incr', 3, 'bound', SERIES),
  hotShots: caseId('hot-shots buffered', 'incr', 3, 'fresh', SERIES),
  hotShotsAggregating: caseId('hot-shots aggregating', 'incr', 3, 'fresh', SERIES),
  timing: caseId('tallykit', 'timing', 3, 'fresh', SERIES),
  histogram: caseId('opentelemetry', 'timing', 3, 'fresh', SERIES),
  untagged: caseId('tallykit', 'incr', 0, 'none', 1),
  untaggedOpenTelemetry: caseId('opentelemetry', 'incr', 0, 'none', 1),
  untaggedPromClient: caseId('prom-client', 'incr', 0, 'none', 1),
} as const;

/**
 * Nearly all of a timing is the SDK's own work, and how fast that is differs more from process to process than the two
 * do: they are compared within one.
 */
const TIMINGS: readonly string[] = [HEADLINE.histogram, HEADLINE.timing];

export const HEADLINE_IDS: ReadonlySet<string> = new Set(Object.values(HEADLINE));

/** What is counted over very many calls, to see whether there is less than a byte in each. */
export const REUSED_IDS: readonly string[] = [HEADLINE.same, HEADLINE.sameTags, HEADLINE.bound];

export const FULL: Plan = {
  callIds: CALL_CASES.map(({ id }) => id),
  aloneIds: [
    ...Object.values(HEADLINE)
      .filter((id) => !TIMINGS.includes(id))
      .map((id) => [id]),
    TIMINGS,
  ],
  callRounds: 20,
  headlineTurns: 3,
  callMillis: 3,
  warmUpMillis: 20,
  aloneWarmUpMillis: 300,
  allocationIds: CALL_CASES.map(({ id }) => id),
  allocationCalls: 100_000,
  reusedCalls: 10_000_000,
  pairs: { pairs: 15, warmUpCalls: 2_000_000, rounds: 50, calls: 20_000 },
  exports: [
    counters(1_000, 45, 15),
    counters(10_000, 27, 9),
    counters(100_000, 9, 3),
    { ...counters(1_000, 45, 15), exporter: 'dogstatsd' },
    { ...counters(10_000, 27, 9), exporter: 'dogstatsd' },
    { ...counters(10_000, 27, 0), kind: 'raw counters' },
    { ...counters(100_000, 5, 0), kind: 'raw counters', hasHotShots: false },
    {
      exporter: 'statsd',
      kind: 'timings',
      series: 1_000,
      valuesPerSeries: VALUES_PER_TIMING,
      rounds: 5,
      networkRounds: 1,
      hasHotShots: true,
      warmUpLines: WARM_UP_LINES,
      watchedRounds: 2,
    },
    // A hundred thousand of them would be 25 million lines, which no server takes in an interval.
    {
      exporter: 'statsd',
      kind: 'timings',
      series: 10_000,
      valuesPerSeries: VALUES_PER_TIMING,
      rounds: 1,
      networkRounds: 0,
      hasHotShots: false,
      warmUpLines: WARM_UP_LINES,
      watchedRounds: 0,
    },
  ],
  http: [
    toDatadog(counters(1_000, 15, 15)),
    toDatadog(counters(10_000, 9, 9)),
    toDatadog(counters(100_000, 5, 5)),
    toDatadog(sketches(1_000, 9)),
    toDatadog(sketches(10_000, 5)),
    { ...toDatadog(sketches(100_000, 1)), warmUpLines: 100_000 },
  ],
  rangeRounds: 300,
  collections: collectionPlans(100_000, 7, 3),
  heapSeries: 100_000,
  server: { requestsPerSecond: 3_000, millis: 10_000, rounds: 4 },
  wholeRounds: 5,
  importRounds: 15,
};

export const QUICK: Plan = {
  callIds: CALL_CASES.filter(({ id, tagCount }) => tagCount === 3 || HEADLINE_IDS.has(id)).map(
    ({ id }) => id,
  ),
  aloneIds: [TIMINGS],
  callRounds: 5,
  headlineTurns: 2,
  callMillis: 1,
  warmUpMillis: 5,
  aloneWarmUpMillis: 100,
  allocationIds: Object.values(HEADLINE),
  allocationCalls: 50_000,
  reusedCalls: 1_000_000,
  pairs: { pairs: 3, warmUpCalls: 500_000, rounds: 30, calls: 20_000 },
  exports: [
    { ...counters(1_000, 5, 1), warmUpLines: 20_000 },
    { ...counters(1_000, 5, 1), exporter: 'dogstatsd', warmUpLines: 20_000 },
    { ...counters(100_000, 2, 0), warmUpLines: 0, watchedRounds: 0 },
  ],
  http: [
    { ...toDatadog(counters(10_000, 3, 3)), warmUpLines: 20_000 },
    { ...toDatadog(sketches(1_000, 3)), warmUpLines: 5_000 },
  ],
  rangeRounds: 100,
  collections: collectionPlans(10_000, 3, 2),
  heapSeries: 20_000,
  server: { requestsPerSecond: 3_000, millis: 500, rounds: 3 },
  wholeRounds: 2,
  importRounds: 3,
};

function counters(series: number, rounds: number, networkRounds: number): ExportPlan {
  return {
    exporter: 'statsd',
    kind: 'counters',
    series,
    valuesPerSeries: 1,
    rounds,
    networkRounds,
    hasHotShots: true,
    warmUpLines: WARM_UP_LINES,
    watchedRounds: 2,
  };
}

function sketches(series: number, rounds: number): ExportPlan {
  return { ...counters(series, rounds, rounds), kind: 'sketches', valuesPerSeries: VALUES_PER_SKETCH };
}

function collectionPlans(series: number, rounds: number, histogramRounds: number): CollectionPlan[] {
  const temporalities = ['delta', 'cumulative'] as const;
  return temporalities.flatMap((temporality): CollectionPlan[] => [
    { kind: 'counters', temporality, series, valuesPerSeries: 1, rounds },
    { kind: 'timings', temporality, series, valuesPerSeries: 5, rounds: histogramRounds },
  ]);
}

function toDatadog(plan: ExportPlan): ExportPlan {
  return { ...plan, exporter: 'datadog-http', hasHotShots: false };
}
