import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { skipBecause } from '../e2e/skip-because.ts';
import { LINES } from './consumer.ts';

const run = promisify(execFile);
const tarballOf = (name: string): string => inject('packages').find((each) => each.name === name)!.tarball;
const folderOf = (name: string): string =>
  dirname(realpathSync(createRequire(import.meta.url).resolve(`${name}/package.json`)));
const HOT_SHOTS = folderOf('hot-shots');

/** An empty folder, in which somebody adds one exporter with pnpm, and no optional package. */
describe('the StatsD exporter by itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallykit-alone-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    // It is not in a registry yet, so pnpm is told where the package beneath is.
    const overrides = { '@tallykit/exporter-base': `file:${tarballOf('@tallykit/exporter-base')}` };
    writeFileSync(join(folder, 'package.json'), '{}');
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
    const exporter = tarballOf('@tallykit/exporter-statsd');
    // Rejects for a status other than 0.
    await run(
      'pnpm',
      ['add', '--prefer-offline', exporter, '@opentelemetry/api@1', '@opentelemetry/sdk-metrics@2'],
      {
        cwd: folder,
      },
    );
    const program = fileURLToPath(new URL('programs/hot-shots-later.mjs', import.meta.url));
    copyFileSync(program, join(folder, 'hot-shots-later.mjs'));
  });

  describe.for(LINES)('on the Node of $name', ({ node }) => {
    beforeEach((context) => {
      if (!existsSync(node)) skipBecause(context, `there is no ${node} on this platform`);
      rmSync(join(folder, 'node_modules/hot-shots'), { force: true });
    });

    test.for(['import', 'require'])(
      'is added without an error, and loads hot-shots when it can (%s)',
      async (system) => {
        const limited = [
          '-c',
          'ulimit -n 128; exec "$0" "$@"',
          node,
          'hot-shots-later.mjs',
          system,
          HOT_SHOTS,
        ];
        const { stdout } = await run('sh', limited, { cwd: folder });
        const { udp, missing, exhausted, there } = JSON.parse(stdout) as Record<string, string>;
        expect(udp).toBe('orders:1|c');
        expect(missing).toContain(
          'unix datagrams need hot-shots, which is not installed: npm install hot-shots',
        );
        expect(exhausted).not.toMatch(/connect ENOENT|unix-dgram/);
        // Of its native part there may be none for this Node.
        expect(there).toMatch(/connect ENOENT|unix datagrams need the native module unix-dgram/);
      },
    );
  });

  test.for(['esm', 'cjs'] as const)('can be bundled (%s)', async (format) => {
    const contents = `import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
      new StatsdMetricExporter();
      console.log('made');`;
    const outfile = join(folder, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await build({
      stdin: { contents, resolveDir: folder },
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
      external: ['@opentelemetry/*'],
    });
    const { stdout } = await run(process.execPath, [outfile], { cwd: folder });
    expect(stdout).toBe('made\n');
  });
});

/** An empty folder, in which somebody adds the logging exporter and the store with pnpm, and no optional package. */
describe('the logging exporter and the store by themselves', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallykit-alone-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    const overrides = { '@tallykit/exporter-base': `file:${tarballOf('@tallykit/exporter-base')}` };
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify({ overrides }));
    const added = ['@tallykit/exporter-logging', '@tallykit/tsdb'].map(tarballOf);
    const peers = ['@opentelemetry/api@1', '@opentelemetry/sdk-metrics@2'];
    await run('pnpm', ['add', '--prefer-offline', ...added, ...peers], { cwd: folder });
    const program = fileURLToPath(new URL('programs/optional-later.mjs', import.meta.url));
    copyFileSync(program, join(folder, 'optional-later.mjs'));
  });

  beforeEach(() => {
    for (const name of ['winston', 'redis']) {
      rmSync(join(folder, 'node_modules', name), { recursive: true, force: true });
    }
  });

  describe.for(LINES)('on the Node of $name', ({ node }) => {
    beforeEach((context) => {
      if (!existsSync(node)) skipBecause(context, `there is no ${node} on this platform`);
    });

    test.for(['import', 'require'])('load winston and redis when they can (%s)', async (system) => {
      const program = ['optional-later.mjs', system, folderOf('winston'), folderOf('redis')];
      const limited = ['-c', 'ulimit -n 128; exec "$0" "$@"', node, ...program];
      const { stdout, stderr } = await run('sh', limited, { cwd: folder });
      const lines = stdout.trimEnd().split('\n');
      const { missing, exhausted, there, points } = JSON.parse(lines.at(-1)!) as {
        [attempt in 'missing' | 'exhausted' | 'there']: { logging?: string; store?: string };
      } & { points: object };
      expect(missing.logging).toContain('is not installed: npm install winston');
      expect(missing.store).toContain('redis, which is not installed: npm install redis');
      expect(exhausted.logging).toContain('LoggingMetricExporter');
      expect(exhausted.store).not.toContain('ECONNREFUSED');
      // Its client was made, and found nobody at the port.
      expect(there).toEqual({ store: expect.stringContaining('ECONNREFUSED') });
      expect(lines.slice(0, -1)).toEqual([expect.stringMatching(/ info metrics 'orders': \+1 /)]);
      expect(points).toMatchObject({ exported: { points: 1 }, droppedBy: { notAccepted: { points: 2 } } });
      expect(stdout + stderr).not.toContain('s3cret');
    });
  });

  test.for(['esm', 'cjs'] as const)('can be bundled (%s)', async (format) => {
    const contents = `import { createOperationLog } from '@tallykit/exporter-logging';
      import { TimeseriesStore } from '@tallykit/tsdb';
      const log = createOperationLog();
      const store = new TimeseriesStore({ redis: 'redis://127.0.0.1:1' });
      store.record({ name: 'orders', value: 1 });
      try {
        log({ kind: 'incr', name: 'orders', value: 1, tags: {} });
      } catch (error) {
        console.log(error.message);
      }
      store.flush().then(({ errors }) => console.log(errors[0].message));`;
    const outfile = join(folder, `bundle.${format === 'esm' ? 'mjs' : 'cjs'}`);
    await build({
      stdin: { contents, resolveDir: folder },
      outfile,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
      external: ['@opentelemetry/*'],
    });
    const { stdout } = await run(process.execPath, [outfile], { cwd: folder });
    const remedy = 'which is not part of this bundle: install it where the bundle is made';
    expect(stdout).toContain(`winston, ${remedy} (npm install winston`);
    expect(stdout).toContain(`redis, ${remedy} (npm install redis`);
  });
});
