import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** What users get: the packed tarballs of the build. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    globalSetup: 'pack.ts',
    include: ['*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Compilers and bundlers take a core each.
    maxWorkers: 2,
    maxConcurrency: 2,
  },
});
