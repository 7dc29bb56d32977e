import type { Attributes, HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { HistogramValue } from './histogram.ts';
import type { Refusal, Tally } from './ledger.ts';

/** What was measured: an increase since the last export, a current value, or a distribution of values. */
export type Measurement =
  | { readonly type: 'sum'; readonly value: number }
  | { readonly type: 'gauge'; readonly value: number }
  | { readonly type: 'histogram'; readonly value: HistogramValue };

/** One data point as the program named it. */
export type Point = Measurement & {
  /** Whether it is a sum that may go down. Its value is a current one, but for deltas of somebody else's producer. */
  readonly isUpDown: boolean;
  readonly name: string;
  /** The instrument's unit (UCUM), empty when it has none. */
  readonly unit: string;
  readonly attributes: Attributes;
  /** Milliseconds since 1970, with a fraction. */
  readonly startMillis: number;
  readonly endMillis: number;
};

/** One data point, or the reason why no delta exporter can take it. */
export function readPoint(metric: MetricData, dataPoint: MetricData['dataPoints'][number]): Point | Refusal {
  if (!isDeltaOrCurrent(metric)) return CUMULATIVE;
  const measurement = measure(metric, dataPoint);
  if ('refused' in measurement) return measurement;
  // Field by field: spreading the measurement would make a large export several times slower.
  const { type, value } = measurement;
  return {
    type,
    value,
    isUpDown: metric.dataPointType === DataPointType.SUM && !metric.isMonotonic,
    name: metric.descriptor.name,
    unit: metric.descriptor.unit,
    attributes: dataPoint.attributes,
    startMillis: toMillis(dataPoint.startTime),
    endMillis: toMillis(dataPoint.endTime),
  } as Point;
}

/** How many points there are, and the amount in those of them that are sums an exporter can take. */
export function tallyOf(metrics: ResourceMetrics): Tally {
  let points = 0;
  let amount = 0;
  for (const scope of metrics.scopeMetrics) {
    for (const metric of scope.metrics) {
      points += metric.dataPoints.length;
      if (metric.dataPointType !== DataPointType.SUM || !isDelta(metric)) continue;
      for (const { value } of metric.dataPoints) if (Number.isFinite(value)) amount += value;
    }
  }
  return { points, amount };
}

const CUMULATIVE: Refusal = {
  refused: 'cumulative',
  reason:
    'it is a running total since the start, and adding those up again at every export would give wrong sums; ' +
    "let the reader take the exporter's own temporality, and give metric producers of your own delta temporality",
};

const NOT_FINITE: Refusal = {
  refused: 'notFinite',
  reason: 'its value is NaN or infinite; look at what the program records, often a division by zero',
};

function isDelta(metric: MetricData): boolean {
  return metric.aggregationTemporality === AggregationTemporality.DELTA;
}

function isDeltaOrCurrent(metric: MetricData): boolean {
  if (metric.dataPointType === DataPointType.GAUGE) return true;
  return isDelta(metric) || (metric.dataPointType === DataPointType.SUM && !metric.isMonotonic);
}

function measure(metric: MetricData, dataPoint: MetricData['dataPoints'][number]): Measurement | Refusal {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
    case DataPointType.GAUGE: {
      const { value } = dataPoint as DataPoint<number>;
      if (!Number.isFinite(value)) return NOT_FINITE;
      return { type: metric.dataPointType === DataPointType.SUM && isDelta(metric) ? 'sum' : 'gauge', value };
    }
    case DataPointType.HISTOGRAM:
      return histogram(explicitHistogram((dataPoint as DataPoint<Histogram>).value));
    case DataPointType.EXPONENTIAL_HISTOGRAM:
      return histogram(exponentialHistogram((dataPoint as DataPoint<ExponentialHistogram>).value));
  }
}

function histogram(value: HistogramValue): Measurement | Refusal {
  return value.sum === undefined || Number.isFinite(value.sum) ? { type: 'histogram', value } : NOT_FINITE;
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
  const { count, sum, min, max, scale, zeroCount, positive, negative } = value;
  return {
    type: 'exponential',
    count,
    sum,
    min: finite(min),
    max: finite(max),
    scale,
    zeroCount,
    positive,
    negative,
  };
}

/** The SDK leaves a minimum of +Infinity and a maximum of -Infinity where it didn't record them. */
function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function toMillis([seconds, nanoseconds]: HrTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
