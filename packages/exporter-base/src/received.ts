import type { Attributes } from '@opentelemetry/api';
import {
  DataPointType,
  type DataPoint,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Refusal, Tally } from './ledger.ts';
import {
  isDelta,
  isExportable,
  isRefusal,
  malformed,
  readHistogram,
  readMetric,
  whyNotExportable,
  type Metric,
  type MetricKind,
  type Value,
} from './points.ts';
import { reasonOf } from './transport.ts';

/**
 * What `export` was handed. How many points there were then, and with which values, is what is counted as received, and
 * what is read later: points that somebody adds meanwhile are not there, and those that somebody changes or takes away
 * are refused.
 */
export interface Received extends Tally {
  /** Attributes of the resource. */
  readonly resource: Attributes;
  readonly metrics: readonly ReceivedMetric[];
}

/** One metric of it. The amount is that of its points which an exporter can take, and zero unless they are increases. */
export interface ReceivedMetric extends Tally {
  /** For people. */
  readonly name: string;
  /** What its points have in common, or why none of them can be exported. */
  readonly common: Metric | Refusal;
  readonly type: DataPointType;
  readonly dataPoints: readonly DataPoint<unknown>[];
  /** The values of sums and gauges, as they were: NaN where one can't be exported. */
  readonly numbers: Float64Array | undefined;
  /** Whether the numbers are amounts. */
  readonly areIncreases: boolean;
}

const NO_ATTRIBUTES: Attributes = {};

/** Nothing has more metrics or points than this; a length that says so is wrong. */
const MAX_LENGTH = 10_000_000;

/**
 * Takes down what was handed in. Whatever can't be read of it is a point that is refused, beside which the others stay.
 *
 * @throws TypeError when it is no `ResourceMetrics`
 */
export function receive({ resource, scopeMetrics }: ResourceMetrics): Received {
  const metrics: ReceivedMetric[] = [];
  const scopes = lengthOf('scopeMetrics', scopeMetrics);
  for (let index = 0; index < scopes; index += 1) receiveScope(scopeMetrics, index, metrics);
  let points = 0;
  let amount = 0;
  for (const metric of metrics) {
    points += metric.points;
    amount += metric.amount;
  }
  return { resource: attributesOf(resource), metrics, points, amount };
}

/** How many points there are, and the amount in those of them that are sums an exporter can take. Never throws. */
export function tallyOf(metrics: ResourceMetrics): Tally {
  try {
    const { points, amount } = receive(metrics);
    return { points, amount };
  } catch {
    return { points: 0, amount: 0 };
  }
}

/** A point's value, or the reason why it can't be exported. */
export function valueAt({ type, dataPoints, numbers }: ReceivedMetric, index: number): Value | Refusal {
  try {
    const dataPoint = dataPoints[index]!;
    if (numbers === undefined) return readHistogram(type, dataPoint);
    const { value } = dataPoint;
    if (value === numbers[index]) return value as number;
    // NaN is equal to nothing.
    return Number.isNaN(numbers[index]) ? whyNotExportable(value) : CHANGED;
  } catch (error) {
    return malformed(`its value could not be read: ${reasonOf(error)}`);
  }
}

const CHANGED = malformed('it was changed while it was exported');

/** The amount of one point. */
export function amountAt({ numbers, areIncreases }: ReceivedMetric, index: number): number {
  return (areIncreases && numbers?.[index]) || 0;
}

function receiveScope(
  scopes: ResourceMetrics['scopeMetrics'],
  index: number,
  received: ReceivedMetric[],
): void {
  try {
    const { scope, metrics } = scopes[index]!;
    const length = lengthOf('metrics', metrics);
    for (let metric = 0; metric < length; metric += 1) received.push(receiveMetric(metrics, metric, scope));
  } catch (error) {
    received.push(unreadable(error));
  }
}

function receiveMetric(
  metrics: readonly MetricData[],
  index: number,
  scope: Parameters<typeof readMetric>[2],
): ReceivedMetric {
  let name = 'a metric without a name';
  try {
    const metric = metrics[index]!;
    const { descriptor, dataPoints, dataPointType, aggregationTemporality } = metric;
    const kind: MetricKind = {
      dataPointType,
      aggregationTemporality,
      isMonotonic: metric.dataPointType === DataPointType.SUM && metric.isMonotonic,
    };
    const given: unknown = (descriptor as { readonly name?: unknown } | undefined)?.name;
    if (typeof given === 'string') name = given;
    const points = lengthOf('dataPoints', dataPoints);
    const common = commonOf(kind, descriptor, scope);
    return { name, common, ...pointsOf(kind, dataPoints, points) };
  } catch (error) {
    return unreadable(error, name);
  }
}

function commonOf(...[kind, descriptor, scope]: Parameters<typeof readMetric>): Metric | Refusal {
  try {
    return readMetric(kind, descriptor, scope);
  } catch (error) {
    return malformed(`it could not be read: ${reasonOf(error)}`);
  }
}

/** @throws TypeError when it is no array, or one whose length is none */
function lengthOf(name: string, list: readonly unknown[]): number {
  const length = Array.isArray(list) ? list.length : Number.NaN;
  if (Number.isInteger(length) && length >= 0 && length <= MAX_LENGTH) return length;
  throw new TypeError(`\`${name}\` is no array`);
}

function pointsOf(
  kind: MetricKind,
  dataPoints: readonly DataPoint<unknown>[],
  points: number,
): Omit<ReceivedMetric, 'name' | 'common'> {
  const type = kind.dataPointType;
  const areNumbers = type === DataPointType.SUM || type === DataPointType.GAUGE;
  const areIncreases = type === DataPointType.SUM && isDelta(kind);
  if (!areNumbers) return { type, dataPoints, numbers: undefined, areIncreases, points, amount: 0 };
  const numbers = new Float64Array(points);
  let amount = 0;
  for (let index = 0; index < points; index += 1) {
    const value = numberIn(dataPoints, index);
    numbers[index] = isExportable(value, areIncreases) ? value : Number.NaN;
    if (areIncreases) amount += numbers[index] || 0;
  }
  return { type, dataPoints, numbers, areIncreases, points, amount };
}

function numberIn(dataPoints: readonly DataPoint<unknown>[], index: number): unknown {
  try {
    return dataPoints[index]!.value;
  } catch {
    // Why it can't be read is said when the point is.
    return undefined;
  }
}

/** What nobody can count the points of counts as one. */
function unreadable(error: unknown, name = 'a metric without a name'): ReceivedMetric {
  return {
    name,
    common: malformed(`it could not be read: ${reasonOf(error)}`),
    type: DataPointType.GAUGE,
    dataPoints: [],
    numbers: undefined,
    areIncreases: false,
    points: 1,
    amount: 0,
  };
}

function attributesOf(resource: ResourceMetrics['resource'] | undefined): Attributes {
  try {
    const attributes: unknown = resource?.attributes;
    if (typeof attributes === 'object' && attributes !== null) return attributes as Attributes;
  } catch {
    // Points without the tags of their resource are better than none.
  }
  return NO_ATTRIBUTES;
}

/** Whether there are histograms among the metrics. */
export function hasHistograms({ metrics }: Received): boolean {
  return metrics.some(({ common }) => !isRefusal(common) && common.type === 'histogram');
}
