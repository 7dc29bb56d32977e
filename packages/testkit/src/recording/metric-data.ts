import { ValueType, type Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

/** Properties of a point that is made by hand. */
export interface PointOptions {
  /**
   * The attributes of the point.
   *
   * @default {}
   */
  readonly attributes?: Attributes | undefined;
  /**
   * The unit of the metric, in UCUM as OpenTelemetry writes it.
   *
   * @default ''
   */
  readonly unit?: string | undefined;
  /**
   * The temporality of the metric.
   *
   * @default AggregationTemporality.DELTA
   */
  readonly temporality?: AggregationTemporality | undefined;
  /**
   * When the point ends, in seconds since 1970; half a second is added. It begins ten seconds earlier.
   *
   * @default the second before the present one: some backends take no old points
   */
  readonly endSeconds?: number | undefined;
}

/**
 * Makes a sum with one point. It takes any name, attributes and value, also those that no program can record.
 *
 * @param options `isMonotonic`: whether it never falls, `true` by default
 */
export function sumData(
  name: string,
  value: number,
  options: PointOptions & { readonly isMonotonic?: boolean | undefined } = {},
): MetricData {
  return {
    ...common(name, options),
    dataPointType: DataPointType.SUM,
    isMonotonic: options.isMonotonic ?? true,
    dataPoints: [dataPoint(value, options)],
  };
}

/** Makes a gauge with one point. */
export function gaugeData(name: string, value: number, options: PointOptions = {}): MetricData {
  return {
    ...common(name, options),
    dataPointType: DataPointType.GAUGE,
    dataPoints: [dataPoint(value, options)],
  };
}

/** Makes a histogram with explicit buckets and one point. */
export function histogramData(name: string, value: Histogram, options: PointOptions = {}): MetricData {
  return {
    ...common(name, options),
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [dataPoint(value, options)],
  };
}

/**
 * Makes what a reader hands to `export`.
 *
 * @param resource attributes of the resource
 * @example
 * exporter.export(resourceMetrics([sumData('orders', 2, { attributes: { plan: 'pro' } })]), callback);
 */
export function resourceMetrics(metrics: readonly MetricData[], resource: Attributes = {}): ResourceMetrics {
  return {
    resource: new PlainResource(resource),
    scopeMetrics: [{ scope: { name: '@tallykit/testkit' }, metrics: [...metrics] }],
  };
}

type Resource = ResourceMetrics['resource'];

/** A resource without attributes that become known later. */
class PlainResource implements Resource {
  readonly attributes: Attributes;

  constructor(attributes: Attributes) {
    this.attributes = attributes;
  }

  getRawAttributes(): ReturnType<Resource['getRawAttributes']> {
    return Object.entries(this.attributes);
  }

  merge(other: Resource | null): Resource {
    return new PlainResource({ ...this.attributes, ...other?.attributes });
  }
}

function common(name: string, { unit = '', temporality = AggregationTemporality.DELTA }: PointOptions) {
  return {
    descriptor: { name, unit, description: '', valueType: ValueType.DOUBLE },
    aggregationTemporality: temporality,
  };
}

function dataPoint<Value>(
  value: Value,
  { attributes = {}, endSeconds = Math.floor(Date.now() / 1000) - 1 }: PointOptions,
): DataPoint<Value> {
  return {
    value,
    attributes,
    startTime: [endSeconds - 10, 0],
    endTime: [endSeconds, 500_000_000],
  };
}
