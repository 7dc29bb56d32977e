import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import { createMetrics, type Metrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';
import promClient from 'prom-client';
import { EventLoopWatch, type LongestBlock } from './event-loop-watch.ts';
import { answerRequests } from './program.ts';

/** Who adds up: our producers, the SDK behind our API, the SDK alone, or prom-client. */
export type Aggregator = 'producers' | 'instruments' | 'opentelemetry' | 'prom-client';

export type AggregatedKind = 'counters' | 'timings';

export type AggregationRequest =
  /** Records in every series, collects, and tells what the collection took. */
  | { readonly type: 'collect'; readonly isWatched: boolean }
  /** Bytes a series, the most of what there is before and after a collection. */
  | { readonly type: 'heap' };

/** Milliseconds. */
export interface CollectionReply {
  readonly processor: number;
  readonly block: LongestBlock | undefined;
  /** The garbage collector's longest pause meanwhile. */
  readonly longestPause: number;
}

/** Arguments: who adds up, what, for what kind of reader, how many series and how many values in each. */
const [aggregator, kind, temporalityName, seriesCount, valuesPerSeries] = process.argv.slice(2) as [
  Aggregator,
  AggregatedKind,
  'delta' | 'cumulative',
  string,
  string,
];
const SERIES = Number(seriesCount);
const VALUES = Number(valuesPerSeries);
const SERIES_PER_METRIC = 2_000;
const WARM_UP_SERIES = 2_000;
const temporality =
  temporalityName === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;

interface Tags {
  readonly [name: string]: string | number;
}

interface Subject {
  readonly record: (metric: string, value: number, tags: Tags) => void;
  readonly collect: () => Promise<unknown>;
}

const selectors = {
  selectAggregationTemporality: () => temporality,
  selectAggregation: (type: InstrumentType) =>
    type === InstrumentType.HISTOGRAM
      ? { type: AggregationType.EXPONENTIAL_HISTOGRAM as const }
      : { type: AggregationType.DEFAULT as const },
};

class ManualReader extends MetricReader {
  constructor() {
    super({
      aggregationTemporalitySelector: selectors.selectAggregationTemporality,
      aggregationSelector: selectors.selectAggregation,
      cardinalitySelector: () => 2 * SERIES_PER_METRIC,
    });
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const CREATE: Readonly<Record<Aggregator, () => Subject>> = {
  producers() {
    const producer = createMetricProducer({ exporter: selectors });
    const metrics = createMetrics({ producers: [producer], maxSeriesPerMetric: 2 * SERIES_PER_METRIC });
    return { record: recordWith(metrics), collect: () => producer.collect() };
  },
  instruments() {
    const reader = new ManualReader();
    const meterProvider = new MeterProvider({ readers: [reader] });
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 2 * SERIES_PER_METRIC });
    return { record: recordWith(metrics), collect: () => reader.collect() };
  },
  opentelemetry() {
    const reader = new ManualReader();
    const meter = new MeterProvider({ readers: [reader] }).getMeter('bench');
    const counter = remembering((name) => meter.createCounter(name));
    const histogram = remembering((name) => meter.createHistogram(name));
    return {
      record: (name, value, tags) =>
        kind === 'counters' ? counter(name).add(value, tags) : histogram(name).record(value, tags),
      collect: () => reader.collect(),
    };
  },
  'prom-client'() {
    const registers = [new promClient.Registry()];
    const labelNames = ['route', 'region', 'status'];
    const counter = remembering(
      (name) => new promClient.Counter({ name, help: name, labelNames, registers }),
    );
    const histogram = remembering(
      (name) => new promClient.Histogram({ name, help: name, labelNames, registers }),
    );
    return {
      record: (name, value, tags) =>
        kind === 'counters' ? counter(name).inc(tags, value) : histogram(name).observe(tags, value),
      collect: () => registers[0]!.metrics(),
    };
  },
};

function recordWith(metrics: Metrics): Subject['record'] {
  return (name, value, tags) =>
    kind === 'counters' ? metrics.incr(name, value, { tags }) : metrics.timing(name, value, { tags });
}

function remembering<Metric>(create: (name: string) => Metric): (name: string) => Metric {
  const known = new Map<string, Metric>();
  return (name) => {
    const metric = known.get(name) ?? create(name);
    known.set(name, metric);
    return metric;
  };
}

const subject = CREATE[aggregator]();
const warmUpSubject = CREATE[aggregator]();

answerRequests(async (request: AggregationRequest): Promise<CollectionReply | number> => {
  if (request.type === 'heap') return bytesPerSeries();
  record(subject, SERIES);
  return collect(request.isWatched);
});

function record(to: Subject, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const metric = `orders_${Math.floor(index / SERIES_PER_METRIC)}`;
    const tags = { route: `/products/${index % SERIES_PER_METRIC}`, region: 'eu-west-1', status: 200 };
    for (let value = 0; value < VALUES; value += 1) to.record(metric, 1 + ((index + 31 * value) % 997), tags);
  }
}

async function collect(isWatched: boolean): Promise<CollectionReply> {
  for (let turns = 0; turns < 3; turns += 1) await turn();
  let longestPause = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestPause = Math.max(longestPause, duration);
  });
  observer.observe({ entryTypes: ['gc'] });
  const watch = isWatched ? new EventLoopWatch() : undefined;
  const processor = process.cpuUsage();
  const start = performance.now();
  await subject.collect();
  const period = { start, end: performance.now() };
  const { user, system } = process.cpuUsage(processor);
  const block = (await watch?.end())?.(period);
  await turn();
  observer.disconnect();
  return { processor: (user + system) / 1_000, block, longestPause };
}

async function bytesPerSeries(): Promise<number> {
  // Compiled code lies on the same heap. What is recorded to have it stays there, before and after.
  for (let interval = 0; interval < 2; interval += 1) {
    record(warmUpSubject, WARM_UP_SERIES);
    await warmUpSubject.collect();
  }
  const before = await usedBytes();
  let most = 0;
  for (let interval = 0; interval < 3; interval += 1) {
    record(subject, SERIES);
    most = Math.max(most, (await usedBytes()) - before);
    await collect(false);
    most = Math.max(most, (await usedBytes()) - before);
  }
  return most / SERIES;
}

async function usedBytes(): Promise<number> {
  for (let turns = 0; turns < 3; turns += 1) {
    await turn();
    (globalThis.gc as () => void)();
  }
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
