import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Projects outside the workspace, which get the packed tarballs of the build. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  ssr: { resolve: { conditions: ['@tallykit/source', 'module-sync', 'node', 'import', 'default'] } },
  test: {
    globalSetup: '../packaging/pack.ts',
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Each starts processes of its own.
    maxWorkers: 1,
    maxConcurrency: 4,
    projects: [
      { extends: true, test: { name: 'quick', include: ['*.test.ts'] } },
      { extends: true, test: { name: 'on demand', include: ['on-demand/*.test.ts'] } },
    ],
  },
});
