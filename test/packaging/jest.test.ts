import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

const run = promisify(execFile);

const FILES = 40;

/** What a program's own test does: it uses the default `metrics`, with no MeterProvider and nothing to close. */
const TEST_FILE = `
const { metrics } = require('@tallykit/metrics');
test('records', async () => {
  metrics.incr('orders', 1, { tags: { plan: 'pro' } });
  metrics.timing('query', 5);
  metrics.event('Deploy', 'done');
  metrics.counter('hits').incr();
  metrics.observe('depth', () => 1);
  await metrics.withTags({ tenant: 'acme' }, () => metrics.time('job', async () => 5));
  globalThis.ballast = new Array(500_000).fill(0).map((_, index) => ({ index }));
});
`;

/** Jest gives each test file a world of its own, and must be able to throw it away. */
describe('the default metrics in Jest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallykit-jest-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, jest: { testEnvironment: 'node' } }),
    );
    // The file watcher of Jest has a script, which a run without watching does not need.
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), JSON.stringify({ strictDepBuilds: false }));
    const { tarball } = inject('packages').find(({ name }) => name === '@tallykit/metrics')!;
    await run('pnpm', ['add', '--prefer-offline', tarball, '@opentelemetry/api@1', 'jest@30'], {
      cwd: folder,
    });
    for (let file = 0; file < FILES; file += 1) writeFileSync(join(folder, `file${file}.test.js`), TEST_FILE);
  });

  test.for(['off', 'on'])(
    'leaves nothing behind, and breaks nothing (globalsCleanup %s)',
    async (globalsCleanup) => {
      // Not with `--detectLeaks`: it gives the collector a fixed number of chances, so on a busy machine it may see a leak where
      // there is none. A world that stays holds its ballast of 20 MB and more, and 40 of them can't be overlooked.
      const { stderr } = await run(
        process.execPath,
        [
          '--expose-gc',
          'node_modules/jest/bin/jest.js',
          '--runInBand',
          '--logHeapUsage',
          `--testEnvironmentOptions=${JSON.stringify({ globalsCleanup })}`,
        ],
        { cwd: folder },
      );
      expect(stderr).toContain(`Tests:       ${FILES} passed, ${FILES} total`);
      const heaps = [...stderr.matchAll(/\((\d+) MB heap size\)/g)].map(([, megabytes]) => Number(megabytes));
      expect(heaps).toHaveLength(FILES);
      console.log(`heap after each file (globalsCleanup ${globalsCleanup}): ${heaps.join(' ')} MB`);
      expect(heaps.at(-1)).toBeLessThan(heaps[0]! + 200);
    },
  );
});
