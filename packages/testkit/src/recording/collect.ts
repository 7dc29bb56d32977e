import type { MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import type { EventSink, MetricEvent } from '@tallykit/metrics';
import { connectProducers, createMetricProducer } from '@tallykit/metrics/producer';
import { CollectingReader } from './collecting-reader.ts';

/** One series, with what was recorded since the start of the collection or its last `reset`. */
export type RecordedSeries = {
  /** The name of the instrument. */
  readonly name: string;
  /** The attributes as text, sorted by key. */
  readonly tags: Readonly<Record<string, string>>;
  /** The unit of the instrument; empty when it has none. */
  readonly unit: string;
} & (
  | {
      /** The kind of instrument. */
      readonly kind: 'counter' | 'upDown' | 'gauge';
      /** For `counter` and `upDown`: what it changed by. For `gauge`: its last value. */
      readonly value: number;
    }
  | {
      /** A histogram. */
      readonly kind: 'distribution';
      /** How many values were recorded. */
      readonly count: number;
      /** Their sum. The SDK has none where a View makes a histogram of a gauge. */
      readonly sum: number | undefined;
      /** The lowest of them; `undefined` where the SDK was told not to keep it. */
      readonly min: number | undefined;
      /** The highest of them; `undefined` where the SDK was told not to keep it. */
      readonly max: number | undefined;
    }
);

/** What had been recorded at one moment. It does not change any more. */
export interface Recorded {
  /** The series, in the order in which they were first read. */
  readonly series: readonly RecordedSeries[];
  /** The events, in their order, where the collection was handed over as `events`. */
  readonly events: readonly MetricEvent[];
}

/** Metrics and events that are kept in memory, for tests. It is itself what `configureMetrics` takes as `events`. */
export interface Collection extends EventSink {
  /** A MeterProvider for `configureMetrics`, `createMetrics`, `setGlobalMeterProvider` or your own code. */
  readonly meterProvider: ApiMeterProvider;
  /**
   * Everything that was recorded since the start, or since the last `reset`. It is asynchronous because the OpenTelemetry SDK
   * collects asynchronously.
   *
   * @throws what the callbacks of observable instruments threw
   */
  read(): Promise<Recorded>;
  /** Forgets what was recorded so far, so that one collection serves many tests. */
  reset(): Promise<void>;
}

/** Options of `collect`. */
export interface CollectOptions {
  /**
   * Where `@tallykit/metrics` adds up what it records for the MeterProvider: by itself, or in the instruments of the SDK. What
   * is read is the same.
   *
   * @default 'own', as `startMetrics` does it
   */
  readonly aggregation?: 'own' | 'instruments' | undefined;
}

/** The SDK's own limit is 2000 series. Past it, the series of a large test would become one. */
const MAX_SERIES = 1_000_000;

/**
 * Collects metrics in memory, for tests. It has no timer, socket or exporter, so that nothing needs to be closed.
 *
 * @example
 * const collected = collect();
 * configureMetrics({ meterProvider: collected.meterProvider, events: collected });
 * await placeOrder();
 * expect(await collected.read()).toHaveCounted('orders', 1, { status: 'ok' });
 */
export function collect({ aggregation = 'own' }: CollectOptions = {}): Collection {
  const selectAggregationTemporality = () => AggregationTemporality.DELTA;
  const producers =
    aggregation === 'own' ? [createMetricProducer({ exporter: { selectAggregationTemporality } })] : [];
  const reader = new CollectingReader({
    aggregationTemporalitySelector: selectAggregationTemporality,
    cardinalitySelector: () => MAX_SERIES,
    metricProducers: producers,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  if (producers.length > 0) connectProducers(meterProvider, producers);
  const recorded = new Map<string, RecordedSeries>();
  const events: MetricEvent[] = [];

  async function readOn(): Promise<void> {
    const { scopeMetrics } = await reader.read();
    for (const series of scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(seriesOf))) {
      const key = JSON.stringify([series.kind, series.name, series.unit, series.tags]);
      const known = recorded.get(key);
      recorded.set(key, known ? add(known, series) : series);
    }
  }

  return {
    meterProvider,
    event(event) {
      events.push(event);
    },
    async read() {
      await readOn();
      return { series: [...recorded.values()], events: [...events] };
    },
    async reset() {
      await readOn();
      recorded.clear();
      events.length = 0;
    },
  };
}

function seriesOf(metric: MetricData): RecordedSeries[] {
  const { name, unit } = metric.descriptor;
  return metric.dataPoints.map(({ attributes, value }) => {
    const tags = Object.entries(attributes)
      .map(([key, tag]) => [key, String(tag)] as const)
      .sort(([first], [second]) => (first < second ? -1 : 1));
    const common = { name, unit, tags: Object.fromEntries(tags) };
    if (typeof value !== 'number') return { ...common, kind: 'distribution', ...distribution(value) };
    if (metric.dataPointType !== DataPointType.SUM) return { ...common, kind: 'gauge', value };
    return { ...common, kind: metric.isMonotonic ? 'counter' : 'upDown', value };
  });
}

function distribution({ count, sum, min, max }: Histogram | ExponentialHistogram) {
  return { count, sum, min, max };
}

function add(known: RecordedSeries, series: RecordedSeries): RecordedSeries {
  if (known.kind === 'distribution' && series.kind === 'distribution') {
    return {
      ...series,
      count: known.count + series.count,
      sum: combine(known.sum, series.sum, (first, second) => first + second),
      min: combine(known.min, series.min, Math.min),
      max: combine(known.max, series.max, Math.max),
    };
  }
  if (known.kind === 'distribution' || series.kind === 'distribution' || series.kind === 'gauge')
    return series;
  return { ...series, value: known.value + series.value };
}

function combine(
  first: number | undefined,
  second: number | undefined,
  operation: (first: number, second: number) => number,
): number | undefined {
  return first === undefined || second === undefined ? undefined : operation(first, second);
}
