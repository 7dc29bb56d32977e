import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Consumer, LINES } from './consumer.ts';

const KILOBYTE = 1000;

const packages = inject('packages');
const measured: { entry: string; kilobytes: number; budget: number; onDemand: number }[] = [];
let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer(LINES[0]!);
  return consumer.install(packages);
});
afterAll(() => {
  consumer[Symbol.dispose]();
  const round = (kilobytes: number): number => Math.round(kilobytes * 100) / 100;
  console.table(
    measured.map(({ entry, kilobytes, budget, onDemand }) => ({
      entry,
      kB: round(kilobytes),
      'kB allowed': Number.isFinite(budget) ? budget : '–',
      'kB loaded on demand': round(onDemand),
    })),
  );
});

/** In kilobytes, for the packages that run in production in every process. The others are measured and printed. */
function budgetOf(name: string): number {
  if (name === '@tallykit/metrics') return 8;
  return name.startsWith('@tallykit/exporter-') ? 16 : Infinity;
}

test.for(packages.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry }))))(
  '$entry, minified and gzipped without its peers, keeps to its budget',
  async ({ name, entry }) => {
    const { manifest } = packages.find((each) => each.name === name)!;
    const { outputFiles, metafile } = await build({
      stdin: { contents: `export * from '${entry}';`, resolveDir: consumer.folder },
      absWorkingDir: consumer.folder,
      outdir: 'size',
      write: false,
      metafile: true,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      splitting: true,
      external: Object.keys(manifest.peerDependencies ?? {}),
      logLevel: 'error',
    });
    // What an `import()` loads (hot-shots, when a service sends unix datagrams) is in files of its own, and stands
    // beside what everybody loads.
    const sizeOf = new Map(
      outputFiles.map(({ path, contents }) => [
        path.slice(consumer.folder.length + 1),
        gzipSync(contents).length,
      ]),
    );
    const loaded = new Set(['size/stdin.js']);
    for (const file of loaded) {
      for (const { path, kind, external } of metafile.outputs[file]?.imports ?? []) {
        if (kind === 'import-statement' && !external) loaded.add(path);
      }
    }
    const sum = (files: Iterable<string>): number =>
      [...files].reduce((total, file) => total + sizeOf.get(file)!, 0) / KILOBYTE;
    const kilobytes = sum(loaded);
    const budget = budgetOf(name);
    measured.push({ entry, kilobytes, budget, onDemand: sum(sizeOf.keys()) - kilobytes });
    expect(kilobytes).toBeGreaterThan(0);
    expect(kilobytes).toBeLessThanOrEqual(budget);
  },
);
