import { fileURLToPath } from 'node:url';
import type { ConformanceSubject } from '@tallykit/testkit';
import { NoopMetricExporter } from '../src/index.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

/** The exporter as a subject of the conformance suite. */
export const subject: ConformanceSubject = {
  facts: {
    discards: true,
    tags: false,
    temporality: 'delta',
    negativeGauges: false,
    negativeDistributions: false,
    histograms: 'none',
    idempotent: false,
    outage: 'unnoticed',
    stats: true,
    secrets: [],
    deadlineMillis: 1000,
  },
  parse: () => [],
  start: async () => ({
    exporter: new NoopMetricExporter(),
    program: {
      source: `import { NoopMetricExporter } from './src/index.ts';
        const exporter = new NoopMetricExporter();`,
      execArgv: ON_SOURCES,
      directory: fileURLToPath(new URL('..', import.meta.url)),
    },
    refuse: () => undefined,
    hang: () => undefined,
    recover: () => undefined,
    stop: () => undefined,
  }),
};
