import { readFileSync, watch } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConformanceSubject } from '@tallykit/testkit';
import { LoggingMetricExporter } from '../src/index.ts';
import { ON_SOURCES } from '../../../test/programs/on-sources.ts';

/** Reads one line of the log. */
function readLine(text: string): ReturnType<ConformanceSubject['parse']> {
  const line = JSON.parse(text) as Record<string, unknown>;
  if (/\p{Cc}/u.test(String(line['message']))) throw new Error(`a line of two: ${text}`);
  const { metric, type, value, count, sum, min, max, p50, p95, p99, instance, tags } = line;
  const name = {
    name: metric as string,
    tags: {
      ...(tags as Record<string, string>),
      ...(instance === undefined ? {} : { instance: instance as string }),
    },
  };
  if (type === 'event') {
    const read = (escaped: unknown): string => String(escaped).replaceAll('\\n', '\n');
    return [{ kind: 'event', title: read(line['title']), text: read(line['text']), tags: name.tags }];
  }
  if (type === 'counter') return [{ kind: 'count', value: value as number, ...name }];
  if (type === 'gauge') return [{ kind: 'gauge', value: value as number, ...name }];
  return [
    {
      kind: 'distribution',
      count: count as number,
      sum: sum as number,
      min: min as number,
      max: max as number,
      quantiles: { 0.5: p50 as number, 0.95: p95 as number, 0.99: p99 as number },
      ...name,
    },
  ];
}

/** The exporter as a subject of the conformance suite. */
export const subject: ConformanceSubject = {
  facts: {
    discards: false,
    tags: true,
    temporality: 'delta',
    negativeGauges: true,
    negativeDistributions: true,
    histograms: 'exact',
    idempotent: false,
    outage: 'dropped',
    stats: true,
    events: true,
    secrets: [],
    deadlineMillis: 1000,
  },
  parse: (payload) => readLine(String(payload)),
  async start(receive) {
    let isRefusing = false;
    // The program of a case runs elsewhere, so its log is a file.
    const folder = await mkdtemp(join(tmpdir(), 'logging-'));
    const file = join(folder, 'metrics.log');
    await writeFile(file, '');
    let read = 0;
    const watcher = watch(file, () => {
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      for (const line of lines.slice(read)) receive(line);
      read = lines.length;
    });
    return {
      exporter: new LoggingMetricExporter({
        logger: (level, message, metadata) => {
          if (isRefusing) throw new Error('disk full');
          receive(JSON.stringify({ level, message, ...metadata }));
        },
      }),
      program: {
        source: `import { appendFileSync } from 'node:fs';
          import { LoggingMetricExporter } from './src/index.ts';
          const logger = (level, message, metadata) =>
            appendFileSync(${JSON.stringify(file)}, JSON.stringify({ level, message, ...metadata }) + '\\n');
          const exporter = new LoggingMetricExporter({ logger });`,
        execArgv: ON_SOURCES,
        directory: fileURLToPath(new URL('..', import.meta.url)),
      },
      refuse: () => (isRefusing = true),
      // A logger answers at once or throws; it has no way to hang.
      hang: () => (isRefusing = true),
      recover: () => (isRefusing = false),
      async stop() {
        watcher.close();
        await rm(folder, { recursive: true });
      },
    };
  },
};
