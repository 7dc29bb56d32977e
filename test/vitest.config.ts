import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { LongFirst } from './long-first.ts';
import { coverage, PackageCoverageReporter } from './package-coverage.ts';
import { packageFolders } from './repository.ts';

/** Tests of millions of calls, of long outages and of servers that fail for minutes: `pnpm test:load`. */
export const LOAD = '**/*.load.test.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Test files of which only a part runs in `pnpm test`: they import `runs.ts`. */
const IN_PART = packageFolders()
  .map((name) => `packages/${name}/test/`)
  .concat('test/e2e/')
  .flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((file) => folder + file),
  )
  .filter((file) => file.endsWith('.test.ts') && readFileSync(root + file, 'utf8').includes("/runs.ts'"));

/** All of what these files can do. */
const THOROUGH = { TEST_RUNS: 'all' };

/** Of recording and exporters, the tests that start processes or talk to servers, or take seconds. */
export const SLOW = [
  'packages/exporter-*/test/{*-metric-exporter,conformance,flush-sync}.test.ts',
  'packages/exporter-*/test/samples.test.ts',
  'packages/exporter-base/test/{delivery,pacing,process-name,retry,series-reader}.test.ts',
  'packages/exporter-datadog-http/test/{intake-scripts,unsent-requests}.test.ts',
  'packages/exporter-dogstatsd/test/event.test.ts',
  'packages/exporter-logging/test/python-text.test.ts',
  'packages/exporter-statsd/test/{process-exit,whole-counters}.test.ts',
];

/** They replace a module, measure memory, or watch garbage collection: they need a process of their own. */
export const ALONE = [
  'packages/exporter-base/test/{pack,udp-transport}.test.ts',
  'packages/metrics/test/producer/lost-producer.test.ts',
  'packages/tsdb/test/bytes.test.ts',
];

/** What runs with each line of OpenTelemetry. */
export const REPEATED_PROJECTS = [
  {
    extends: true,
    test: {
      // Files share processes: to start one and to load the modules takes longer than most files.
      name: 'shared',
      include: ['packages/{exporter-*,metrics,tsdb}/test/**/*.test.ts'],
      exclude: [LOAD, ...SLOW, ...ALONE],
      isolate: false,
    },
  },
  {
    extends: true,
    test: {
      // The tests of the recording API once more, with producers in place of instruments.
      name: 'producers',
      include: ['packages/metrics/test/*.test.ts'],
      exclude: ['packages/metrics/test/instruments.test.ts', LOAD],
      env: { TEST_DESTINATION: 'producers' },
      isolate: false,
    },
  },
  {
    extends: true,
    test: {
      name: 'packages',
      include: [...SLOW, ...ALONE, 'packages/{cli,node,testkit}/test/**/*.test.ts'],
      exclude: [LOAD],
    },
  },
  {
    extends: true,
    test: {
      name: 'end to end',
      include: ['test/e2e/**/*.test.ts'],
      exclude: [LOAD],
    },
  },
  {
    extends: true,
    test: {
      name: 'network',
      include: ['test/network/**/*.test.ts'],
      exclude: [LOAD],
    },
  },
] satisfies TestProjectConfiguration[];

/** What runs once: pages and the ends of servers know nothing of OpenTelemetry. */
const OTHER_PROJECTS = [
  {
    extends: true,
    test: {
      // What belongs around the code: workflows.
      name: 'house',
      include: ['test/house/*.test.ts'],
    },
  },
  {
    extends: true,
    test: {
      name: 'browser',
      include: ['test/browser/**/*.test.ts'],
      exclude: [LOAD],
    },
  },
  {
    extends: true,
    test: {
      name: 'chaos',
      include: ['test/chaos/**/*.test.ts'],
      exclude: [LOAD],
    },
  },
  {
    extends: true,
    test: {
      name: 'load',
      include: [LOAD],
      sequence: { groupOrder: 1 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'load, thorough',
      include: IN_PART,
      env: THOROUGH,
      sequence: { groupOrder: 1 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'load with producers',
      include: ['packages/metrics/test/*.load.test.ts'],
      env: { TEST_DESTINATION: 'producers' },
      sequence: { groupOrder: 1 },
      maxWorkers: availableParallelism(),
    },
  },
] satisfies TestProjectConfiguration[];

export default defineConfig({
  root,
  // Workspace packages are taken from their sources: no build comes before the tests.
  ssr: { resolve: { conditions: ['@tallykit/source', 'module-sync', 'node', 'import', 'default'] } },
  test: {
    testTimeout: 240_000,
    // Programs are started in them, and networks are set up.
    hookTimeout: 240_000,
    globalSetup: 'test/set-up.ts',
    // More than there are processors: many tests wait for a server, a program or a deadline.
    maxWorkers: 3 * availableParallelism(),
    // A browser on a busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
    sequence: { sequencer: LongFirst },
    projects: [...REPEATED_PROJECTS, ...OTHER_PROJECTS],
    coverage,
    reporters: ['default', new PackageCoverageReporter()],
  },
});
