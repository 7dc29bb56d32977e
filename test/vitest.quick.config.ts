import { availableParallelism } from 'node:os';
import base, { LOAD } from './vitest.config.ts';

/** Tests of these packages that start processes or talk to servers, or take seconds. */
const SLOW = [
  '**/conformance.test.ts',
  '**/*-metric-exporter.test.ts',
  '**/flush-sync.test.ts',
  '**/samples.test.ts',
  'packages/exporter-base/test/{delivery,outage,pacing,process-name,retry,series-reader}.test.ts',
  'packages/exporter-datadog-http/test/{intake-scripts,unsent-requests}.test.ts',
  'packages/exporter-dogstatsd/test/{event,slow-reader}.test.ts',
  'packages/exporter-logging/test/python-text.test.ts',
  'packages/exporter-statsd/test/process-exit.test.ts',
];

/** For everyday work: `pnpm test:quick`: the recording API and the exporters. Fetches no programs. */
export default {
  ...base,
  test: {
    ...base.test,
    globalSetup: [],
    projects: undefined,
    include: ['packages/{metrics,exporter-*}/test/*.test.ts', 'test/house/*.test.ts'],
    exclude: [LOAD, ...SLOW],
    maxWorkers: availableParallelism(),
  },
};
