// A program whose stock readers have our exporters. It records and exports when it is asked to, or at an interval.
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { systemClock, type ExporterStats } from '@tallykit/exporter-base';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { answerRequests, tell } from '../chaos/child.ts';

const EXPORTERS = {
  statsd: StatsdMetricExporter,
  dogstatsd: DogStatsdMetricExporter,
  datadog: DatadogHttpMetricExporter,
} as const;

/** An exporter, its options, and what of a recording it gets: without a list everything. */
export type ExporterPlan = readonly [
  kind: keyof typeof EXPORTERS,
  options: object,
  gets?: readonly (keyof Recording)[],
];

/** Answered with a `RecorderState`. */
export type RecorderRequest =
  /** In place of those before. */
  | {
      readonly type: 'start';
      readonly exporters: readonly ExporterPlan[];
      /** How often the readers export by themselves; without it they don't. */
      readonly exportIntervalMillis?: number;
      /** An HTTP proxy for `fetch`, for example `http://10.0.0.1:3128`. */
      readonly proxy?: string;
    }
  | { readonly type: 'record'; readonly recording: Recording }
  /** Records so often, by itself, until it is stopped. */
  | { readonly type: 'keep recording'; readonly recording: Recording; readonly everyMillis: number }
  | { readonly type: 'stop' | 'stats' }
  /** Every exporter, at the same time. */
  | { readonly type: 'export' }
  | { readonly type: 'flush'; readonly timeoutMillis: number }
  /** So much time has passed, for the clock of the exporters. */
  | { readonly type: 'skip'; readonly millis: number };

export interface RecorderState {
  /** Since the start, by each exporter. */
  readonly recordedOrders: number;
  readonly stats: readonly ExporterStats[];
}

/** What is recorded at once: an increase of one counter, timings of 1 ms, events where there are events. */
export interface Recording {
  readonly orders: number;
  readonly queries?: number;
  readonly events?: number;
}

interface Recorder {
  readonly exporter: InstanceType<(typeof EXPORTERS)[keyof typeof EXPORTERS]>;
  readonly reader: PeriodicExportingMetricReader;
  readonly record: (recording: Recording) => void;
}

const NEVER_MILLIS = 2 ** 31 - 1;

const say = (text: string): void => tell({ said: text });
const quiet = (): void => undefined;
diag.setLogger(
  { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

const machine = { ...systemClock };
let skippedMillis = 0;
systemClock.now = () => machine.now() + skippedMillis;

let recordedOrders = 0;
let recorders: readonly Recorder[] = [];
let timer: NodeJS.Timeout | undefined;

function record(recording: Recording): void {
  recordedOrders += recording.orders;
  for (const recorder of recorders) recorder.record(recording);
}

answerRequests(async (request: RecorderRequest): Promise<RecorderState> => {
  switch (request.type) {
    case 'start':
      await end();
      recordedOrders = 0;
      if (request.proxy !== undefined) await setProxy(request.proxy);
      recorders = request.exporters.map((plan) =>
        startRecorder(plan, request.exportIntervalMillis ?? NEVER_MILLIS),
      );
      break;
    case 'record':
      record(request.recording);
      break;
    case 'keep recording':
      timer = setInterval(() => record(request.recording), request.everyMillis);
      break;
    case 'stop':
      clearInterval(timer);
      break;
    case 'export':
      await Promise.all(recorders.map(exportOnce));
      break;
    case 'flush':
      await Promise.all(
        recorders.map(({ exporter }) => exporter.flush({ timeoutMillis: request.timeoutMillis })),
      );
      break;
    case 'stats':
      break;
    case 'skip':
      skippedMillis += request.millis;
      break;
  }
  return { recordedOrders, stats: recorders.map(({ exporter }) => exporter.stats()) };
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
tell({ reply: 'ready' });

function startRecorder(
  [kind, options, gets = ['orders', 'queries', 'events']]: ExporterPlan,
  exportIntervalMillis: number,
): Recorder {
  const exporter = new EXPORTERS[kind](options);
  const exportTimeoutMillis = Math.min(exportIntervalMillis, 30_000);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis });
  const meter = new MeterProvider({ readers: [reader] }).getMeter('network');
  const ordersCounter = meter.createCounter('orders');
  const queryHistogram = meter.createHistogram('query');
  return {
    exporter,
    reader,
    record({ orders, queries = 0, events = 0 }) {
      if (gets.includes('orders')) ordersCounter.add(orders);
      if (gets.includes('queries')) for (let query = 0; query < queries; query += 1) queryHistogram.record(1);
      if (gets.includes('events') && 'event' in exporter)
        for (let event = 0; event < events; event += 1) exporter.event({ title: 'Deploy', text: 'text' });
    },
  };
}

/** What is still pending belongs to a scene that is over. */
async function end(): Promise<void> {
  clearInterval(timer);
  await Promise.all(
    recorders.map(async ({ reader, exporter }) => {
      await exporter.shutdown({ timeoutMillis: 1 });
      await reader.shutdown();
    }),
  );
}

/** What the reader does after every interval, but answered. That it failed is in the exporter's `stats`. */
async function exportOnce({ exporter, reader }: Recorder): Promise<void> {
  const { resourceMetrics } = await reader.collect();
  await new Promise((resolve) => {
    exporter.export(resourceMetrics, resolve);
  });
}

/** As a program does that has to reach the world through a proxy. */
async function setProxy(url: string): Promise<void> {
  const { ProxyAgent, setGlobalDispatcher } = await import('undici');
  setGlobalDispatcher(new ProxyAgent(url));
}
