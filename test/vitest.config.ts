import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
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

/** What runs with each line of OpenTelemetry. */
export const REPEATED_PROJECTS = [
  {
    extends: true,
    test: {
      name: 'packages',
      include: ['packages/*/test/**/*.test.ts'],
      exclude: [LOAD],
      sequence: { groupOrder: 0 },
      // Vitest would leave a core for itself, and has nothing to do.
      maxWorkers: availableParallelism(),
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
      sequence: { groupOrder: 0 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'end to end',
      include: ['test/e2e/**/*.test.ts'],
      exclude: [LOAD],
      // One file at a time, after the others: a server in a process of its own needs a share of the cores that
      // test files side by side would take from it, and a datagram that it can't read in time is lost.
      sequence: { groupOrder: 1 },
      maxWorkers: 1,
    },
  },
  {
    extends: true,
    test: {
      name: 'network',
      include: ['test/network/**/*.test.ts'],
      sequence: { groupOrder: 4 },
      maxWorkers: 1,
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
      sequence: { groupOrder: 0 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'browser',
      include: ['test/browser/**/*.test.ts'],
      exclude: [LOAD],
      sequence: { groupOrder: 2 },
      maxWorkers: 1,
    },
  },
  {
    extends: true,
    test: {
      name: 'chaos',
      include: ['test/chaos/**/*.test.ts'],
      exclude: [LOAD],
      sequence: { groupOrder: 3 },
      maxWorkers: 1,
    },
  },
  {
    extends: true,
    test: {
      name: 'load',
      include: [LOAD],
      sequence: { groupOrder: 5 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'load, thorough',
      include: IN_PART,
      env: THOROUGH,
      sequence: { groupOrder: 5 },
      maxWorkers: availableParallelism(),
    },
  },
  {
    extends: true,
    test: {
      name: 'load with producers',
      include: ['packages/metrics/test/*.load.test.ts'],
      env: { TEST_DESTINATION: 'producers' },
      sequence: { groupOrder: 5 },
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
    // A browser on a busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
    projects: [...REPEATED_PROJECTS, ...OTHER_PROJECTS],
    coverage,
    reporters: ['default', new PackageCoverageReporter()],
  },
});
