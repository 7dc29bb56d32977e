import { availableParallelism } from 'node:os';
import base, { ALONE, LOAD, SLOW } from './vitest.config.ts';

/** For everyday work: `pnpm test:quick`: the recording API and the exporters. Fetches no programs. */
export default {
  ...base,
  test: {
    ...base.test,
    globalSetup: [],
    projects: undefined,
    include: ['packages/{metrics,exporter-*}/test/*.test.ts', 'test/house/*.test.ts'],
    exclude: [LOAD, ...SLOW, ...ALONE],
    isolate: false,
    maxWorkers: availableParallelism(),
  },
};
