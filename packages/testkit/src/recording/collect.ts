import type { MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { CollectingReader } from './collecting-reader.ts';

/** One series, with what was recorded since the start of the collection or its last `reset`. */
export type RecordedSeries = {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly unit: string;
} & (
  | {
      /** `counter` and `upDown`: what it changed by. `gauge`: its last value. */
      readonly kind: 'counter' | 'upDown' | 'gauge';
      readonly value: number;
    }
  | {
      readonly kind: 'distribution';
      readonly count: number;
      /** The SDK has none for gauges that a View made histograms of. */
      readonly sum: number | undefined;
      readonly min: number | undefined;
      readonly max: number | undefined;
    }
);

/** What was recorded, as of one moment. */
export interface Recorded {
  readonly series: readonly RecordedSeries[];
}

/** Metrics that go nowhere but into memory. */
export interface Collection {
  /** Where to record: for `configureMetrics`, `createMetrics`, `setGlobalMeterProvider` or your own code. */
  readonly meterProvider: ApiMeterProvider;
  /**
   * Everything that was recorded since the start, or since the last `reset`. Asynchronous because the OpenTelemetry
   * SDK collects asynchronously.
   *
   * @throws what the callbacks of observable instruments threw
   */
  read(): Promise<Recorded>;
  /** Forgets what was recorded so far, so that one collection serves many tests. */
  reset(): Promise<void>;
}

/** The SDK's own limit would fold the series of a large test into one. */
const MAX_SERIES = 1_000_000;

/**
 * Collects metrics in memory, for tests: without timers, sockets or exporters. Nothing needs to be closed.
 *
 * @example
 * const collected = collect();
 * configureMetrics({ meterProvider: collected.meterProvider });
 * await placeOrder();
 * expect(await collected.read()).toHaveCounted('orders', 1, { status: 'ok' });
 */
export function collect(): Collection {
  const reader = new CollectingReader({
    aggregationTemporalitySelector: () => AggregationTemporality.DELTA,
    cardinalitySelector: () => MAX_SERIES,
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const recorded = new Map<string, RecordedSeries>();

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
    async read() {
      await readOn();
      return { series: [...recorded.values()] };
    },
    async reset() {
      await readOn();
      recorded.clear();
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
