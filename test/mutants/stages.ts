/** A pure stage on the way of a number (.github/ARCHITECTURE.md): its files, and the quick tests that must notice each change of them. */
export interface Stage {
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

const BASE = 'packages/exporter-base';
const STATSD = 'packages/exporter-statsd';
const DOGSTATSD = 'packages/exporter-dogstatsd';
const HTTP = 'packages/exporter-datadog-http';
const LOGGING = 'packages/exporter-logging';
const PRODUCER = 'packages/metrics';

export const STAGES = {
  aggregation: {
    sources: [
      `${PRODUCER}/src/producer/{bucket-index,explicit-buckets,exponential-buckets,histogram,histogram-sum}.ts`,
    ],
    tests: [`${PRODUCER}/test/producer/{bucket-index,histograms}.test.ts`],
  },
  series: {
    sources: [
      `${BASE}/src/series/{attributes-map,derived-names,merged-metric,pending-series,points,series-merger,tag-writers,tags}.ts`,
    ],
    tests: [
      `${BASE}/test/{attributes-map,derived-names,hostile-data,points,series,series-reader,tags}.test.ts`,
    ],
  },
  histogram: {
    sources: [`${BASE}/src/histogram/{bit-reversed,exponential,histogram,merge,ranks,units}.ts`],
    tests: [`${BASE}/test/histogram.test.ts`],
  },
  'translate, StatsD': {
    sources: [`${STATSD}/src/{dialect,translate}.ts`],
    tests: [`${STATSD}/test/{dialect,translate}.test.ts`],
  },
  'translate, DogStatsD': {
    sources: [`${DOGSTATSD}/src/{tags,translate}.ts`],
    tests: [`${DOGSTATSD}/test/{format,translate}.test.ts`],
  },
  'translate, Datadog': {
    sources: [`${HTTP}/src/{tags,translate}.ts`],
    tests: [`${HTTP}/test/{format,translate}.test.ts`],
  },
  'format, StatsD': {
    sources: [`${STATSD}/src/{format,histogram-format,samples}.ts`],
    tests: [`${STATSD}/test/{dialect,samples,translate}.test.ts`],
  },
  'format, DogStatsD': {
    sources: [`${DOGSTATSD}/src/{format,histogram-format,samples}.ts`],
    tests: [`${DOGSTATSD}/test/{format,samples}.test.ts`],
  },
  'format, Datadog': {
    sources: [`${HTTP}/src/{format,histogram-format,point,protobuf,sketch}.ts`],
    tests: [`${HTTP}/test/{format,protobuf,sketch}.test.ts`],
  },
  'format, log': {
    sources: [`${LOGGING}/src/{format,human-units}.ts`],
    tests: [`${LOGGING}/test/{format,human-units}.test.ts`],
  },
  'format, numbers': {
    sources: [`${BASE}/src/support/numbers.ts`, `${BASE}/src/delivery/remainders.ts`],
    tests: [`${BASE}/test/{numbers,remainders}.test.ts`],
  },
  pack: {
    sources: [`${BASE}/src/delivery/{item-packer,packer}.ts`],
    tests: [`${BASE}/test/{item-packer,pack}.test.ts`],
  },
} satisfies Readonly<Record<string, Stage>>;

export type StageName = keyof typeof STAGES;

/** Names the stage whose tests vitest runs. */
export const STAGE_VARIABLE = 'MUTANTS_STAGE';
