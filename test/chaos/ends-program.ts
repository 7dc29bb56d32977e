// A stock MeterProvider, started and shut down once for each server that it is told of. Prints what came of each, as JSON.
import { setImmediate as turn } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { ExporterStats } from '@tallykit/exporter-base';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { answerRequests, tell } from './child.ts';

const EXPORTERS = {
  statsd: StatsdMetricExporter,
  dogstatsd: DogStatsdMetricExporter,
  datadog: DatadogHttpMetricExporter,
};

/** One end. */
export interface EndRequest {
  readonly exporter: keyof typeof EXPORTERS;
  readonly options: Readonly<Record<string, unknown>>;
  /** `during`: in the middle of an export; `twice`: and again meanwhile; `after`: when the export has failed. */
  readonly shutdown: 'during' | 'twice' | 'after';
}

/** What came of it. */
export interface End {
  readonly stats: ExporterStats;
  readonly warnings: readonly string[];
}

let warnings: string[] = [];
const warn = (text: string): void => void warnings.push(text);
const quiet = (): void => undefined;
diag.setLogger(
  { error: quiet, warn, info: quiet, debug: quiet, verbose: quiet },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

answerRequests(async (request: EndRequest | { readonly type: 'disconnect' }): Promise<End | undefined> => {
  if ('type' in request) {
    setImmediate(() => process.disconnect());
    return undefined;
  }
  warnings = [];
  const exporter = new EXPORTERS[request.exporter]({
    ...request.options,
    processTag: false,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const counter = provider.getMeter('ends').createCounter('orders');
  counter.add(3, { plan: 'free' });
  const exporting = provider.forceFlush();
  if (request.shutdown === 'after') await exporting;
  while (exporter.stats().received.points === 0) await turn();
  counter.add(4, { plan: 'free' });
  const ending = provider.shutdown();
  if (request.shutdown === 'twice') {
    while (exporter.stats().received.points === 1) await turn();
    await Promise.all([exporter.shutdown(), exporter.shutdown()]);
  }
  await Promise.all([exporting, ending]);
  return { stats: exporter.stats(), warnings };
});
tell({ reply: 'started' });
