import { setImmediate as turn } from 'node:timers/promises';
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { createMetrics, type Metrics } from '@tallykit/metrics';
import { createMetricProducer, type MetricProducerOptions } from '@tallykit/metrics/producer';
import { StatsD } from 'hot-shots';
import promClient from 'prom-client';
import { metricName, SERIES, TAG_COUNTS, tagNames, VERBS } from './call-cases.ts';
import type { Library, TagCount, Verb } from './call-cases.ts';
import { WITHOUT_OPERATION_LOG } from './without-operation-log.ts';

/** A library, ready to be called. */
export interface CallSubject {
  /** What its calls name. */
  readonly scope: Readonly<Record<string, unknown>>;
  /** Whether what was called has work left for later turns of the event loop. */
  readonly isBusy: () => boolean;
  /** What happens once in an interval, in between. */
  readonly collect: () => Promise<void>;
}

/** Where Tallykit's `metrics` come from. */
export type Setup =
  | 'usual'
  /** A copy in which nothing asks whether somebody listens to the operations. */
  | 'without operation log'
  /** A MeterProvider that nobody reads, as the default backend's. */
  | 'without readers'
  /** `startMetrics` without settings. */
  | 'default backend';

export type TagObject = Readonly<Record<string, string | number | boolean>>;

/** The tags of the cases that reuse their objects: one object for each series. */
export type ReusedTags = Readonly<Record<TagCount, readonly TagObject[]>>;

/** The SDK's default bounds, for prom-client as well: its own default is meant for seconds. */
const BUCKETS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];

export async function createSubject(
  library: Library,
  setup: Setup,
  reused: ReusedTags,
  port: number,
): Promise<CallSubject> {
  switch (library) {
    case 'tallykit':
      return tallykit(await setUp(setup), reused);
    case 'producers':
      return tallykit(recordPast({ temporality: 'delta', histograms: { maxSize: 160 } }), reused);
    case 'explicit producers':
      return tallykit(recordPast({ temporality: 'delta', histograms: { boundaries: BUCKETS } }), reused);
    case 'opentelemetry':
      return openTelemetry();
    case 'prom-client':
      return prometheus(reused);
    case 'hot-shots buffered':
      return hotShotsClient(reused, port, false);
    case 'hot-shots aggregating':
      return hotShotsClient(reused, port, true);
  }
}

class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function createProvider(): { meterProvider: MeterProvider; collect: () => Promise<void> } {
  const reader = new ManualReader({
    aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    meterProvider,
    collect: async () => {
      const { errors } = await reader.collect();
      if (errors.length > 0) throw new AggregateError(errors);
    },
  };
}

interface MetricsToCall {
  readonly metrics: Metrics;
  readonly collect: () => Promise<void>;
}

function recordWith(create: typeof createMetrics): MetricsToCall {
  const { meterProvider, collect } = createProvider();
  return { metrics: create({ meterProvider }), collect };
}

/** `Metrics` whose values go past the instruments. */
function recordPast(options: MetricProducerOptions): MetricsToCall {
  const producer = createMetricProducer(options);
  return {
    metrics: createMetrics({ producers: [producer] }),
    collect: async () => void (await producer.collect()),
  };
}

const neverBusy = (): boolean => false;

async function setUp(setup: Setup): Promise<MetricsToCall> {
  switch (setup) {
    case 'usual':
      return recordWith(createMetrics);
    case 'without operation log': {
      const copy = (await import(WITHOUT_OPERATION_LOG)) as typeof import('@tallykit/metrics');
      return recordWith(copy.createMetrics);
    }
    case 'without readers': {
      const meterProvider = new MeterProvider();
      return { metrics: createMetrics({ meterProvider }), collect: () => meterProvider.forceFlush() };
    }
    case 'default backend': {
      // Only here: other programs don't load what nothing in them uses.
      const { startMetrics } = await import('@tallykit/node');
      const { metrics, flush } = await startMetrics({});
      return { metrics, collect: async () => void (await flush()) };
    }
  }
}

function tallykit({ metrics, collect }: MetricsToCall, reused: ReusedTags): CallSubject {
  const options = TAG_COUNTS.map((tagCount) => [
    [`same_${tagCount}`, reused[tagCount].map((tags) => ({ tags }))] as const,
    [`tags_${tagCount}`, reused[tagCount]] as const,
  ]);
  const bind = {
    incr: metrics.counter,
    upDown: metrics.bindUpDown,
    gauge: metrics.bindGauge,
    timing: metrics.bindTiming,
    distribution: metrics.bindDistribution,
  };
  const bound = VERBS.map((verb) => [
    `bound_${verb}`,
    reused[3].map((tags) => bind[verb](metricName(verb, 3), tags)),
  ]);
  return {
    scope: { metrics, ...Object.fromEntries(bound), ...Object.fromEntries(options.flat()) },
    isBusy: neverBusy,
    collect,
  };
}

function openTelemetry(): CallSubject {
  const { meterProvider, collect } = createProvider();
  const meter = meterProvider.getMeter('bench');
  const create = {
    incr: (name: string) => meter.createCounter(name),
    upDown: (name: string) => meter.createUpDownCounter(name),
    gauge: (name: string) => meter.createGauge(name),
    timing: (name: string) => meter.createHistogram(name, { unit: 'ms' }),
    distribution: (name: string) => meter.createHistogram(name),
  };
  return {
    scope: forEachMetric((verb, tagCount) => create[verb](metricName(verb, tagCount))),
    isBusy: neverBusy,
    collect,
  };
}

function prometheus(reused: ReusedTags): CallSubject {
  const registry = new promClient.Registry();
  const createHistogram = (options: promClient.HistogramConfiguration<string>) =>
    new promClient.Histogram({ ...options, buckets: BUCKETS });
  const create = {
    incr: (options: promClient.CounterConfiguration<string>) => new promClient.Counter(options),
    upDown: (options: promClient.GaugeConfiguration<string>) => new promClient.Gauge(options),
    gauge: (options: promClient.GaugeConfiguration<string>) => new promClient.Gauge(options),
    timing: createHistogram,
    distribution: createHistogram,
  };
  const scope = forEachMetric((verb, tagCount) => {
    const name = metricName(verb, tagCount);
    return create[verb]({ name, help: name, labelNames: tagNames(tagCount), registers: [registry] });
  });
  const bound = VERBS.map((verb) => {
    const metric = scope[metricName(verb, 3)] as promClient.Counter;
    return [`bound_${verb}`, reused[3].map((tags) => metric.labels(tags as Record<string, string | number>))];
  });
  return {
    scope: { ...scope, ...Object.fromEntries(bound) },
    isBusy: neverBusy,
    collect: async () => void (await registry.metrics()),
  };
}

function hotShotsClient(reused: ReusedTags, port: number, aggregation: boolean): CallSubject {
  const client = new StatsD({ host: '127.0.0.1', port, maxBufferSize: 1432, aggregation });
  const bound = reused[3].map((tags) => client.childClient({ globalTags: tags as Record<string, string> }));
  // Not in its types: how many datagrams are not yet with the kernel.
  const clients = [client, ...bound] as unknown as readonly { readonly messagesInFlight: number }[];
  return {
    scope: { client, bound_incr: bound },
    isBusy: () => clients.some(({ messagesInFlight }) => messagesInFlight > 0),
    collect: () => turn(),
  };
}

function forEachMetric<Metric>(create: (verb: Verb, tagCount: TagCount) => Metric): Record<string, Metric> {
  const metrics = VERBS.flatMap((verb) =>
    TAG_COUNTS.map((tagCount) => [metricName(verb, tagCount), create(verb, tagCount)] as const),
  );
  return Object.fromEntries(metrics);
}

/** Texts that no two cases share by being the same literal. */
export const ROUTES: readonly string[] = Array.from({ length: SERIES }, (_, index) => `/products/${index}`);
