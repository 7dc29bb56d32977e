import type { HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { HistogramValue } from './histogram.ts';
import type { Refusal, Tally } from './ledger.ts';

/** What the points of one metric have in common, as the program named it. */
export interface Metric {
  /** An increase since the last export, a current value, or a distribution of values. */
  readonly type: 'sum' | 'gauge' | 'histogram';
  /** Whether it is a sum that may go down. Its value is a current one, but for deltas of somebody else's producer. */
  readonly isUpDown: boolean;
  readonly name: string;
  /** The instrument's unit (UCUM), empty when it has none. */
  readonly unit: string;
  readonly description: string;
  /** The instrumentation scope: the library that made the instrument. */
  readonly scope: { readonly name: string; readonly version?: string | undefined };
}

/** What was measured: a number for sums and gauges, and the distribution of a histogram. */
export type Value = number | HistogramValue;

/** What the points of a metric have in common, or the reason why no delta exporter can take them. */
export function readMetric(metric: MetricData, scope: ScopeMetrics['scope']): Metric | Refusal {
  const { name, unit, description } = metric.descriptor;
  const isSum = metric.dataPointType === DataPointType.SUM;
  const isGauge = metric.dataPointType === DataPointType.GAUGE;
  const isUpDown = isSum && !metric.isMonotonic;
  if (!isGauge && !isUpDown && !isDelta(metric)) return CUMULATIVE;
  let type: Metric['type'] = 'histogram';
  if (isGauge || (isUpDown && !isDelta(metric))) type = 'gauge';
  else if (isSum) type = 'sum';
  return { type, isUpDown, name, unit, description, scope: { name: scope.name, version: scope.version } };
}

/** A point's value, or the reason why it can't be exported. */
export function readValue(metric: MetricData, dataPoint: MetricData['dataPoints'][number]): Value | Refusal {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
    case DataPointType.GAUGE: {
      const { value } = dataPoint as DataPoint<number>;
      return Number.isFinite(value) ? value : NOT_FINITE;
    }
    case DataPointType.HISTOGRAM:
      return finiteSum(explicitHistogram((dataPoint as DataPoint<Histogram>).value));
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return finiteSum(exponentialHistogram((dataPoint as DataPoint<ExponentialHistogram>).value));
  }
}

/** How many points there are, and the amount in those of them that are sums an exporter can take. */
export function tallyOf(metrics: ResourceMetrics): Tally {
  let points = 0;
  let amount = 0;
  for (const scope of metrics.scopeMetrics) {
    for (const metric of scope.metrics) {
      points += metric.dataPoints.length;
      amount += amountOf(metric);
    }
  }
  return { points, amount };
}

/** The amount in a metric's points, or in one of them. */
export function amountOf(
  metric: MetricData,
  dataPoints: readonly MetricData['dataPoints'][number][] = metric.dataPoints,
): number {
  if (metric.dataPointType !== DataPointType.SUM || !isDelta(metric)) return 0;
  let amount = 0;
  for (const { value } of dataPoints as readonly DataPoint<number>[]) {
    if (Number.isFinite(value)) amount += value;
  }
  return amount;
}

export function toMillis([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}

export function isRefusal(value: object | number): value is Refusal {
  return typeof value === 'object' && 'refused' in value;
}

const CUMULATIVE: Refusal = {
  refused: 'cumulative',
  reason:
    'it is a running total, which the server would add up again and again; let the reader, and producers of your ' +
    "own, take the exporter's temporality",
};

export const NOT_FINITE: Refusal = {
  refused: 'notFinite',
  reason: 'its value is NaN or infinite; often the program divides by zero',
};

function isDelta(metric: MetricData): boolean {
  return metric.aggregationTemporality === AggregationTemporality.DELTA;
}

function finiteSum(value: HistogramValue): HistogramValue | Refusal {
  return value.sum === undefined || Number.isFinite(value.sum) ? value : NOT_FINITE;
}

function explicitHistogram({ count, sum, min, max, buckets }: Histogram): HistogramValue {
  return {
    type: 'explicit',
    count,
    sum,
    min: finite(min),
    max: finite(max),
    boundaries: buckets.boundaries,
    counts: buckets.counts,
  };
}

function exponentialHistogram(value: ExponentialHistogram): HistogramValue {
  return { ...value, type: 'exponential', sum: value.sum, min: finite(value.min), max: finite(value.max) };
}

/** The SDK leaves a minimum of +Infinity and a maximum of -Infinity where it didn't record them. */
function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
