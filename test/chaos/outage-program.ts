// A program that records a hundred counts and a hundred timings a second and exports them one way or another, every ten
// seconds, as the defaults of each are.
import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { StatsD } from 'hot-shots';
import { answerRequests, tell } from './child.ts';

export const WAYS = ['datadog', 'statsd', 'otlp delta', 'otlp cumulative', 'hot-shots'] as const;
export type Way = (typeof WAYS)[number];

/** `count` asks how many counts there are so far. */
export type OutageRequest = { readonly type: 'start' | 'count' | 'stop' };

/** What a program did, and said. */
export interface OutageEnd {
  readonly counts: number;
  readonly timings: number;
  /** How many warnings and errors it logged. */
  readonly lines: number;
}

interface Recorder {
  readonly count: () => void;
  readonly time: (milliseconds: number) => void;
  readonly shutdown: () => Promise<void>;
}

const TICK_MILLIS = 10;
const HOST = '127.0.0.1';

const { OUTAGE_WAY = '', OUTAGE_PORT = '' } = process.env;
const port = Number(OUTAGE_PORT);
let lines = 0;
const line = (): void => void (lines += 1);
const quiet = (): void => undefined;
diag.setLogger(
  { error: line, warn: line, info: quiet, debug: quiet, verbose: quiet },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

const recorder = OUTAGE_WAY === 'hot-shots' ? withHotShots() : withExporter(exporterOf(OUTAGE_WAY as Way));
let recorded = 0;
let begunMillis = 0;
let timer: NodeJS.Timeout | undefined;

answerRequests(async ({ type }: OutageRequest): Promise<OutageEnd | number | undefined> => {
  if (type === 'count') return recorded;
  if (type === 'start') {
    begunMillis = performance.now();
    timer = setInterval(record, TICK_MILLIS);
    return undefined;
  }
  clearInterval(timer);
  record();
  await recorder.shutdown();
  setImmediate(() => process.disconnect());
  return { counts: recorded, timings: recorded, lines };
});
tell({ reply: 'ready' });

/** As many as the time that has passed asks for. */
function record(): void {
  const due = (performance.now() - begunMillis) / TICK_MILLIS;
  for (; recorded < due; recorded += 1) {
    recorder.count();
    recorder.time(1 + (recorded % 100));
  }
}

function exporterOf(way: Way): PushMetricExporter {
  if (way === 'datadog')
    return new DatadogHttpMetricExporter({ apiKey: 'any', url: `http://${HOST}:${port}`, processTag: false });
  if (way === 'statsd') return new StatsdMetricExporter({ host: HOST, port });
  return new OTLPMetricExporter({
    url: `http://${HOST}:${port}/v1/metrics`,
    temporalityPreference:
      way === 'otlp delta'
        ? AggregationTemporalityPreference.DELTA
        : AggregationTemporalityPreference.CUMULATIVE,
  });
}

function withExporter(exporter: PushMetricExporter): Recorder {
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 10_000,
    exportTimeoutMillis: 10_000,
  });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('outage');
  const [orders, query] = [meter.createCounter('orders'), meter.createHistogram('query')];
  return {
    count: () => orders.add(1),
    time: (milliseconds) => query.record(milliseconds),
    // It may reject; the program ends all the same.
    shutdown: () => provider.shutdown().catch(line),
  };
}

function withHotShots(): Recorder {
  const client = new StatsD({ host: HOST, port, maxBufferSize: 1432, errorHandler: line });
  return {
    count: () => client.increment('orders'),
    time: (milliseconds) => client.timing('query', milliseconds),
    shutdown: () => new Promise((resolve) => client.close(() => resolve())),
  };
}
