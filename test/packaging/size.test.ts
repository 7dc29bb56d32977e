import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Consumer, LINES } from './consumer.ts';

const KILOBYTE = 1000;

const packages = inject('packages');
const measured: { entry: string; kilobytes: number; onDemand: number; budget: number }[] = [];
let consumer: Consumer;

beforeAll(() => {
  consumer = new Consumer(LINES[0]!);
  return consumer.install(packages);
});
afterAll(() => {
  consumer[Symbol.dispose]();
  const round = (kilobytes: number): number => Math.round(kilobytes * 100) / 100;
  console.table(
    measured.map(({ entry, kilobytes, onDemand, budget }) => ({
      entry,
      kB: round(kilobytes),
      'kB allowed': Number.isFinite(budget) ? budget : '–',
      'kB on demand': onDemand === 0 ? '–' : round(onDemand),
    })),
  );
});

/**
 * In kilobytes, for the packages that run in production in every process: a loose guard, to be raised where there is a
 * reason. The others are measured and printed.
 */
function budgetOf(name: string): number {
  if (name === '@tallykit/metrics') return 12;
  return name.startsWith('@tallykit/exporter-') ? 26 : Infinity;
}

/** What is bundled for an entry: what every process loads, and what an `import()` loads only when it is asked for. */
async function bundle(entry: string, external: string[]): Promise<{ always: Buffer; onDemand: Buffer }> {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export * from '${entry}';`, resolveDir: consumer.folder },
    absWorkingDir: consumer.folder,
    outdir: 'bundle',
    write: false,
    bundle: true,
    splitting: true,
    metafile: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    external,
    logLevel: 'error',
  });
  const chunks = Object.entries(metafile.outputs);
  // A set gives what is added to it while it is gone through.
  const always = new Set(
    chunks.filter(([, { entryPoint }]) => entryPoint === '<stdin>').map(([path]) => path),
  );
  for (const path of always) {
    for (const { kind, path: imported, external: isExternal } of metafile.outputs[path]!.imports) {
      if (kind === 'import-statement' && !isExternal) always.add(imported);
    }
  }
  const contents = (isWanted: (path: string) => boolean): Buffer =>
    Buffer.concat(
      outputFiles
        .filter(({ path }) => isWanted(relative(consumer.folder, path)))
        .map((file) => file.contents),
    );
  return {
    always: contents((path) => always.has(path)),
    onDemand: contents((path) => !always.has(path)),
  };
}

test.for(packages.flatMap(({ name, entries }) => entries.map((entry) => ({ name, entry }))))(
  '$entry, minified and gzipped without its peers, keeps to its budget',
  async ({ name, entry }) => {
    const { manifest } = packages.find((each) => each.name === name)!;
    const { always, onDemand } = await bundle(entry, Object.keys(manifest.peerDependencies ?? {}));
    const budget = budgetOf(name);
    const kilobytes = kilobytesOf(always);
    measured.push({ entry, kilobytes, onDemand: kilobytesOf(onDemand), budget });
    expect(kilobytes).toBeGreaterThan(0);
    expect(kilobytes).toBeLessThanOrEqual(budget);
  },
);

function kilobytesOf(content: Buffer): number {
  return content.length === 0 ? 0 : gzipSync(content).length / KILOBYTE;
}
