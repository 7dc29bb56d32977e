import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** The blocks of code of the pages, the examples, and the programs of guides. They run once, because what they show is the same with each line of OpenTelemetry. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  ssr: { resolve: { conditions: ['@tallykit/source', 'module-sync', 'node', 'import', 'default'] } },
  test: {
    include: ['*.test.ts'],
    globalSetup: '../set-up.ts',
    // A process is started for each block, and all of them are compiled before the first.
    testTimeout: 240_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxConcurrency: availableParallelism() + 1,
  },
});
