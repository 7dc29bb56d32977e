import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { skipBecause } from '../e2e/skip-because.ts';
import { Consumer, LINES } from './consumer.ts';

const packages = inject('packages');
const entries = packages.flatMap((each) => each.entries);
/** `…/jest` and `…/vitest` add to the runner that they are named after, and can be loaded there only. */
const RUNNERS = ['jest', 'vitest'];
const isFor = (runner: string, entry: string): boolean => entry.endsWith(`/${runner}`);
/** Takes the global MeterProvider, which the main job needs. */
const STARTS_METRICS = '@tallykit/node/register';
const plainEntries = entries.filter((entry) => !RUNNERS.some((runner) => isFor(runner, entry)));

const MAIN_JOB = [
  'shop.hits:3|c',
  'shop.mail.depth:12.5|g',
  'shop.orders:2|c|#plan:pro',
  'shop.query:T|ms|#plan:pro,result:success',
];

describe.for(LINES)('the tarballs beside $name', (line) => {
  let consumer: Consumer;
  const write = (file: string, text: string): void => writeFileSync(join(consumer.folder, file), text);

  beforeAll(async () => {
    consumer = new Consumer(line);
    if (consumer.obstacle) return;
    await consumer.install(packages);
    for (const extension of ['mts', 'cts']) {
      const main = fileURLToPath(new URL('programs/main.ts', import.meta.url));
      copyFileSync(main, join(consumer.folder, `main.${extension}`));
      write(`entries.${extension}`, typedImports(await exportsOf(consumer)));
    }
    await consumer.compile('typescript', '--module nodenext', 'main.mts', 'main.cts');
  });
  beforeEach((context) => {
    if (consumer.obstacle) skipBecause(context, consumer.obstacle);
  });
  afterAll(() => consumer[Symbol.dispose]());

  test.for(plainEntries)('%s exports the same to `import` and to `require`', async (entry) => {
    const names = await consumer.node(
      '--input-type=module',
      '--eval',
      `import { createRequire } from 'node:module';
       const imported = await import('${entry}');
       const required = createRequire(process.cwd() + '/x.js')('${entry}');
       console.log(JSON.stringify([Object.keys(imported), Object.keys(required)]));`,
    );
    const [imported, required] = (JSON.parse(names) as [string[], string[]]).map((each) =>
      each.filter((name) => name !== 'module.exports').toSorted(),
    );
    expect(imported).not.toEqual([]);
    expect(required).toEqual(imported);
  });

  test('do the main job in an ES module', async () => {
    const output = await consumer.node('--input-type=module', '--eval', print("await import('./main.mjs')"));
    expect(JSON.parse(output)).toEqual(MAIN_JOB);
  });

  test('do the main job in CommonJS', async () => {
    const output = await consumer.node('--input-type=commonjs', '--eval', print("require('./main.cjs')"));
    expect(JSON.parse(output)).toEqual(MAIN_JOB);
  });

  test('share one state between `import` and `require`, and count every call once', async () => {
    copyFileSync(
      fileURLToPath(new URL('programs/one-state.mjs', import.meta.url)),
      join(consumer.folder, 'one-state.mjs'),
    );
    expect(JSON.parse(await consumer.node('one-state.mjs'))).toEqual({
      shared: [
        ['shop.orders', { region: 'eu', plan: 'pro' }, 4000],
        ['shop.hits', { region: 'eu', tenant: 'acme' }, 1],
      ],
      given: [['orders', { plan: 'pro' }, 4000]],
      produced: [
        ['orders', 1000],
        ['query', 1000],
        ['depth', 499],
        ['observed.true', 7],
        ['observed.false', 7],
      ],
    });
  });

  test('have types in every entry', async () => {
    const errors = await consumer.compile(
      'typescript',
      '--module nodenext --noEmit',
      'entries.mts',
      'entries.cts',
    );
    expect(errors).toBe('');
  });

  test('work in Jest, which loads CommonJS', async () => {
    const loaded = entries.filter((entry) => !isFor('vitest', entry) && entry !== STARTS_METRICS);
    write(
      'all.test.cjs',
      `test.each(${JSON.stringify(loaded)})('%s', (entry) => void require(entry));
       test('main job', async () => {
         expect(await require('./main.cjs').run()).toEqual(${JSON.stringify(MAIN_JOB)});
       });`,
    );
    const configuration = JSON.stringify({ transform: {}, testMatch: ['**/all.test.cjs'] });
    const report = await consumer.tool(
      'jest/bin/jest.js',
      ...['--rootDir', '.', '--config', configuration, '--json'],
    );
    expect(JSON.parse(report)).toMatchObject({ success: true, numPassedTests: loaded.length + 1 });
  });

  test('work in vitest', async () => {
    const loaded = entries.filter((entry) => !isFor('jest', entry) && entry !== STARTS_METRICS);
    write(
      'all.test.mjs',
      `test.each(${JSON.stringify(loaded)})('%s', (entry) => import(entry));
       test('main job', async () => {
         const { run } = await import('./main.mjs');
         expect(await run()).toEqual(${JSON.stringify(MAIN_JOB)});
       });`,
    );
    const report = await consumer.tool(
      'vitest/vitest.mjs',
      ...['run', '--globals', '--root', '.', '--reporter', 'json', 'all.test.mjs'],
    );
    expect(JSON.parse(report)).toMatchObject({ success: true, numPassedTests: loaded.length + 1 });
  });

  test.for(['esm', 'cjs'] as const)('work when esbuild bundles them (%s)', async (format) => {
    const file = `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`;
    await build({
      stdin: { contents: print("await import('./main.mjs')"), resolveDir: consumer.folder },
      absWorkingDir: consumer.folder,
      outfile: file,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'error',
      // What an ES module bundle of CommonJS packages (hot-shots, OpenTelemetry 2) needs.
      ...(format === 'esm' && {
        banner: {
          js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
        },
      }),
    });
    expect(JSON.parse(await consumer.node(file))).toEqual(MAIN_JOB);
  });
});

/** A program that prints what `run` of this module returned. */
function print(module: string): string {
  return `(async () => console.log(JSON.stringify(await (${module}).run())))();`;
}

/** The names that each entry exports. */
async function exportsOf(consumer: Consumer): Promise<Map<string, string[]>> {
  const program = `
    const entries = ${JSON.stringify(plainEntries)};
    const names = async (entry) => [entry, Object.keys(await import(entry))];
    console.log(JSON.stringify(await Promise.all(entries.map(names))));`;
  return new Map(
    JSON.parse(await consumer.node('--input-type=module', '--eval', program)) as [string, string[]][],
  );
}

/** A program that imports every entry, and hands every exporter class over as an OpenTelemetry exporter. */
function typedImports(exported: Map<string, string[]>): string {
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  const exporters = entries.flatMap((entry, index) =>
    (exported.get(entry) ?? [])
      .filter((name) => name.endsWith('MetricExporter'))
      .map((name) => `entry${index}.${name}`),
  );
  return `import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
    ${imports.join('\n')}
    export const exporters: (new (options: never) => PushMetricExporter)[] = [${exporters.join(', ')}];
    export const entries: object[] = [${entries.map((_, index) => `entry${index}`).join(', ')}];`;
}
