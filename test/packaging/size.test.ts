import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Consumer, LINES } from './consumer.ts';

const KILOBYTE = 1000;

const packages = inject('packages');
const measured: { entry: string; kilobytes: number; budget: number }[] = [];
let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer(LINES[0]!);
  return consumer.install(packages);
});
afterAll(() => {
  consumer[Symbol.dispose]();
  const round = (kilobytes: number): number => Math.round(kilobytes * 100) / 100;
  console.table(
    measured.map(({ entry, kilobytes, budget }) => ({
      entry,
      kB: round(kilobytes),
      'kB allowed': Number.isFinite(budget) ? budget : '–',
    })),
  );
});

/** In kilobytes, for the packages that run in production in every process. The others are measured and printed. */
function budgetOf(name: string): number {
  if (name === '@tallykit/metrics') return 8;
  // Besides metrics these have events, checks and origin detection, or sketches, events and HTTP.
  if (name === '@tallykit/exporter-dogstatsd' || name === '@tallykit/exporter-datadog-http') return 20;
  // 0.2 more than it should have: what is kept in an outage, merged and sent again, took the room.
  if (name === '@tallykit/exporter-statsd') return 16.2;
  return name.startsWith('@tallykit/exporter-') ? 16 : Infinity;
}

/** What an `import()` loads only when it is asked for: for unix datagrams. */
const ON_DEMAND = ['hot-shots'];

test.for(packages.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry }))))(
  '$entry, minified and gzipped without its peers, keeps to its budget',
  async ({ name, entry }) => {
    const { manifest } = packages.find((each) => each.name === name)!;
    const { outputFiles } = await build({
      stdin: { contents: `export * from '${entry}';`, resolveDir: consumer.folder },
      absWorkingDir: consumer.folder,
      write: false,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      external: [...Object.keys(manifest.peerDependencies ?? {}), ...ON_DEMAND],
      logLevel: 'error',
    });
    const kilobytes = gzipSync(outputFiles[0]!.contents).length / KILOBYTE;
    const budget = budgetOf(name);
    measured.push({ entry, kilobytes, budget });
    expect(kilobytes).toBeGreaterThan(0);
    expect(kilobytes).toBeLessThanOrEqual(budget);
  },
);
