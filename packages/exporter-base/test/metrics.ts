import { ValueType, type Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

const END_SECONDS = 1_700_000_010;

function dataPoint<Value>(value: Value, attributes: Attributes, endSeconds = END_SECONDS) {
  return {
    value,
    attributes,
    startTime: [endSeconds - 10, 0] as [number, number],
    endTime: [endSeconds, 500_000_000] as [number, number],
  };
}

function descriptor(name: string, unit = '') {
  return { name, unit, description: '', valueType: ValueType.DOUBLE };
}

/** A sum with one point. */
export function sum(
  name: string,
  value: number,
  {
    attributes = {},
    temporality = AggregationTemporality.DELTA,
    isMonotonic = true,
  }: {
    attributes?: Attributes;
    temporality?: AggregationTemporality;
    isMonotonic?: boolean;
  } = {},
): MetricData {
  return {
    descriptor: descriptor(name),
    aggregationTemporality: temporality,
    dataPointType: DataPointType.SUM,
    isMonotonic,
    dataPoints: [dataPoint(value, attributes)],
  };
}

/** A gauge with one point. */
export function gauge(
  name: string,
  value: number,
  attributes: Attributes = {},
  endSeconds?: number,
): MetricData {
  return {
    descriptor: descriptor(name),
    aggregationTemporality: AggregationTemporality.DELTA,
    dataPointType: DataPointType.GAUGE,
    dataPoints: [dataPoint(value, attributes, endSeconds)],
  };
}

/** An explicit histogram with one point. */
export function histogram(
  name: string,
  value: Histogram,
  {
    attributes = {},
    temporality = AggregationTemporality.DELTA,
    unit = 'ms',
  }: {
    attributes?: Attributes;
    temporality?: AggregationTemporality;
    unit?: string;
  } = {},
): MetricData {
  return {
    descriptor: descriptor(name, unit),
    aggregationTemporality: temporality,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [dataPoint(value, attributes)],
  };
}

/** What a reader hands to `export`. */
export function resourceMetrics(metrics: MetricData[], resource: Attributes = {}): ResourceMetrics {
  return {
    resource: resourceFromAttributes(resource),
    scopeMetrics: [{ scope: { name: 'test' }, metrics }],
  };
}
