import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Consumer, LINES } from './consumer.ts';

const KILOBYTE = 1000;

const packages = inject('packages');
const measured: { entry: string; kB: number; 'kB allowed': number | '–' }[] = [];
let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer(LINES[0]!);
  return consumer.install(packages);
});
afterAll(() => {
  consumer[Symbol.dispose]();
  console.table(measured);
});

/**
 * In kilobytes, for the packages that run in production in every process: a loose guard, to be raised where there is a
 * reason. Exporters have more than 26 because DogStatsD with all its sockets, and the ways in which networks fail for each of
 * them, take that. The API has more than 12 because of what it follows (promises, generators, streams, observables) and of the
 * shapes of calls that it explains. The others are measured and printed.
 */
function budgetOf(name: string): number {
  if (name === '@tallykit/metrics') return 16;
  return name.startsWith('@tallykit/exporter-') ? 32 : Infinity;
}

/** How large everything is that an entry brings along, minified and gzipped. */
async function kilobytesOf(entry: string, external: string[]): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: `export * from '${entry}';`, resolveDir: consumer.folder },
    absWorkingDir: consumer.folder,
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external,
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0]!.contents).length / KILOBYTE;
}

test.for(packages.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry }))))(
  '$entry, minified and gzipped without its peers, keeps to its budget',
  async ({ name, entry }) => {
    const { manifest } = packages.find((each) => each.name === name)!;
    const kilobytes = await kilobytesOf(entry, Object.keys(manifest.peerDependencies ?? {}));
    const budget = budgetOf(name);
    measured.push({
      entry,
      kB: Math.round(kilobytes * 100) / 100,
      'kB allowed': Number.isFinite(budget) ? budget : '–',
    });
    expect(kilobytes).toBeGreaterThan(0);
    expect(kilobytes).toBeLessThanOrEqual(budget);
  },
);
