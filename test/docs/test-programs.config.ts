import { defineConfig } from 'vitest/config';

/** For blocks of pages that are tests. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@tallykit/source', 'module-sync', 'node', 'import', 'default'] } },
  test: { include: ['*.ts'] },
});
