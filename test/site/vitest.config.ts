import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The site that `pnpm site` has built. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  test: {
    // Fetches the browser.
    globalSetup: '../set-up.ts',
    include: ['*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 1,
    expect: { poll: { timeout: 30_000 } },
  },
});
