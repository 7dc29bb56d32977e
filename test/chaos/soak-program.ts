// Records without a pause into every exporter there is, and says where everything is when it is asked.
import { playProgramFault, type ProgramFaultRequest } from './program-faults.ts';
import { getHeapStatistics } from 'node:v8';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Account, ExporterStats, FlushReport } from '@tallykit/exporter-base';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { LoggingMetricExporter } from '@tallykit/exporter-logging';
import { NoopMetricExporter } from '@tallykit/exporter-noop';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics, type EventSink, type MetricsStats } from '@tallykit/metrics';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import { seededRandom } from '../random.ts';
import { PLANS } from './books.ts';
import { answerRequests, tell } from './child.ts';
import type { Target } from './targets.ts';

/** What the program is started with. */
export interface SoakOptions {
  readonly seed: number;
  /** Exporters that send somewhere, by the names that the report has for them. */
  readonly exporters: Readonly<Record<string, Target['exporter']>>;
}

export type SoakRequest =
  | ProgramFaultRequest
  | { readonly type: 'sample' }
  /** Stops recording, and tries to send all that is left. */
  | { readonly type: 'settle' }
  | { readonly type: 'shutdown' };

/** Where everything is at one moment. */
export interface SoakSample {
  readonly metrics: MetricsStats;
  readonly exporters: Readonly<Record<string, ExporterStats>>;
  /** After collecting garbage. */
  readonly heapBytes: number;
  /** What the event loop knows: sockets, timers and the like. */
  readonly handles: number;
  /** How many lines were said of outages. */
  readonly outageLines: number;
}

type Counting = PushMetricExporter &
  Partial<EventSink> & {
    stats(): Account | ExporterStats;
    flush?(options?: { timeoutMillis?: number }): Promise<FlushReport>;
  };

const EXPORT_INTERVAL_MILLIS = 1_000;
const TICK_MILLIS = 50;
const CALLS_PER_TICK = 40;
const REGIONS = 25;
const ROUTES = 10;
const NO_EVENTS = { points: 0, amount: 0 };

const { SOAK_OPTIONS = '' } = process.env;
const { seed, exporters: remote } = JSON.parse(SOAK_OPTIONS) as SoakOptions;
const random = seededRandom(seed);
// Addresses would be looked up for the report.
Object.assign(process.report, { excludeNetwork: true });

let outageLines = 0;
const quiet = (): void => undefined;
diag.setLogger(
  {
    error: quiet,
    warn: (text) => {
      if (/can't deliver to|again after/.test(text)) outageLines += 1;
    },
    info: quiet,
    debug: quiet,
    verbose: quiet,
  },
  { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
);

const CLASSES = {
  statsd: StatsdMetricExporter,
  dogstatsd: DogStatsdMetricExporter,
  datadog: DatadogHttpMetricExporter,
};
const exporters = new Map<string, Counting>(
  Object.entries(remote).map(([key, { name, options }]) => [
    key,
    new CLASSES[name]({ ...options, processTag: false, timeoutMillis: EXPORT_INTERVAL_MILLIS }),
  ]),
);
exporters.set('logging', new LoggingMetricExporter({ logger: quiet }));
exporters.set('internal store', new TimeseriesMetricExporter({ store: new TimeseriesStore() }));

const provider = new MeterProvider({
  // The last one counts nothing.
  readers: [...exporters.values(), new NoopMetricExporter()].map(
    (exporter) =>
      new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: EXPORT_INTERVAL_MILLIS,
        exportTimeoutMillis: EXPORT_INTERVAL_MILLIS,
      }),
  ),
});
const metrics = createMetrics({
  meterProvider: provider,
  events: [...exporters.values()].filter((exporter): exporter is Counting & EventSink => 'event' in exporter),
});
let recording: NodeJS.Timeout | undefined = setInterval(record, TICK_MILLIS);

answerRequests(async (request: SoakRequest): Promise<SoakSample | readonly string[] | undefined> => {
  switch (request.type) {
    case 'clock':
    case 'descriptors':
      return playProgramFault(request);
    case 'sample':
      return sample();
    case 'settle':
      clearInterval(recording);
      recording = undefined;
      await provider.forceFlush();
      await Promise.all([...exporters.values()].map(async (exporter) => exporter.flush?.()));
      return sample();
    case 'shutdown':
      await provider.shutdown();
      setImmediate(() => process.disconnect());
      return [];
  }
});
tell({ reply: 'started' });

function record(): void {
  const whole = (most: number) => Math.floor(random() * most);
  for (let calls = 0; calls < CALLS_PER_TICK; calls += 1) {
    const plan = PLANS[whole(PLANS.length)]!;
    metrics.incr('orders', 1 + whole(9), { tags: { plan, region: whole(REGIONS) } });
    if (calls % 4 === 0) metrics.timing('query', whole(500), { tags: { route: whole(ROUTES) } });
  }
  metrics.gauge('depth', whole(1000));
  // Can't be recorded, and is counted as that.
  if (whole(20) === 0) metrics.incr('orders', -1);
  if (whole(100) === 0) metrics.event('Deploy', 'text');
}

function sample(): SoakSample {
  (globalThis as { gc?: () => void }).gc?.();
  const { libuv } = process.report.getReport() as unknown as { libuv: readonly { readonly type: string }[] };
  return {
    metrics: metrics.stats(),
    exporters: Object.fromEntries([...exporters].map(([key, exporter]) => [key, statsOf(exporter)])),
    // `process.memoryUsage` opens a file, and there may be no descriptor left.
    heapBytes: getHeapStatistics().used_heap_size,
    handles: libuv.filter(({ type }) => ['tcp', 'udp', 'pipe', 'poll', 'timer'].includes(type)).length,
    outageLines,
  };
}

function statsOf(exporter: Counting): ExporterStats {
  const none = {
    received: NO_EVENTS,
    exported: NO_EVENTS,
    pending: NO_EVENTS,
    dropped: NO_EVENTS,
    droppedBy: {},
  };
  return { events: none, ...exporter.stats() };
}
