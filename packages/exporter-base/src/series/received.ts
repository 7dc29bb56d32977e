import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { Refusal, Tally } from '../accounts/ledger.ts';
import {
  isDelta,
  isExportable,
  malformed,
  readHistogram,
  readMetric,
  whyNotExportable,
  type Metric,
  type MetricKind,
  type Value,
} from './points.ts';
import { reasonOf } from '../support/reason-of.ts';

/**
 * The points that `export` was called with, as they were at that moment. These are counted as received, and these are read
 * later. A point that somebody adds afterwards is ignored. A point that somebody changes or takes away is refused.
 */
export interface Received extends Tally {
  /** Attributes of the resource. */
  readonly resource: Attributes;
  readonly metrics: readonly ReceivedMetric[];
}

/** One metric of an export. Its amount is the sum of the increases that can be exported, and zero for other metrics. */
export interface ReceivedMetric extends Tally, MetricKind {
  readonly descriptor: Descriptor | undefined;
  readonly scope: Scope;
  readonly dataPoints: readonly DataPoint<unknown>[];
  /** The values of sums and gauges at that moment. NaN for a value that can't be exported. */
  readonly numbers: ArrayLike<number> | undefined;
  /** Why the metric can't be read, if so. */
  readonly refusal: Refusal | undefined;
}

type Descriptor = MetricData['descriptor'];
type Scope = ScopeMetrics['scope'];

const NO_ATTRIBUTES: Attributes = {};

/** The most metrics or points that one list may have. A list that says it has more is not a real one. */
const MAX_LENGTH = 10_000_000;

/** With fewer numbers than this, a plain array takes less time and memory than a typed one. */
const MANY = 64;

/**
 * Reads what was handed in. What can't be read is counted as one point that is refused; the other points stay.
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

/** The number of points, and the sum of the increases that can be exported. Never throws. */
export function tallyOf(metrics: ResourceMetrics): Tally {
  try {
    const { points, amount } = receive(metrics);
    return { points, amount };
  } catch {
    return { points: 0, amount: 0 };
  }
}

/** A point's value, or the reason why it can't be exported. */
export function valueAt(
  { dataPointType, dataPoints, numbers }: ReceivedMetric,
  index: number,
): Value | Refusal {
  try {
    const dataPoint = dataPoints[index]!;
    if (numbers === undefined) return readHistogram(dataPointType, dataPoint);
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
export function amountAt(metric: ReceivedMetric, index: number): number {
  return (areIncreases(metric) && metric.numbers?.[index]) || 0;
}

/** What the points of a metric have in common, or why none of them can be exported. */
export function commonOf(metric: ReceivedMetric): Metric | Refusal {
  const { descriptor, scope, refusal } = metric;
  try {
    return refusal ?? readMetric(metric, descriptor!, scope);
  } catch (error) {
    return unreadable(error);
  }
}

/** The metric's name for messages, whatever the data looks like. */
export function nameOf({ descriptor }: ReceivedMetric): string {
  try {
    const name: unknown = descriptor?.name;
    if (typeof name === 'string') return name;
  } catch {
    // Reading the name throws, so there is none to show.
  }
  return 'a metric without a name';
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
    received.push(uncountable(error, undefined, NO_SCOPE));
  }
}

function receiveMetric(metrics: readonly MetricData[], index: number, scope: Scope): ReceivedMetric {
  let descriptor: Descriptor | undefined;
  try {
    const metric = metrics[index]!;
    ({ descriptor } = metric);
    const { dataPoints, dataPointType, aggregationTemporality } = metric;
    const isMonotonic = metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
    const points = lengthOf('dataPoints', dataPoints);
    const received = {
      dataPointType,
      aggregationTemporality,
      isMonotonic,
      descriptor,
      scope,
      dataPoints,
      numbers: undefined as ArrayLike<number> | undefined,
      points,
      amount: 0,
      refusal: undefined,
    };
    if (dataPointType === DataPointType.SUM || dataPointType === DataPointType.GAUGE) {
      const isIncrease = areIncreases(received);
      received.numbers = numbersIn(dataPoints, points, isIncrease);
      if (isIncrease) received.amount = sumOf(received.numbers);
    }
    return received;
  } catch (error) {
    return uncountable(error, descriptor, scope);
  }
}

function areIncreases(kind: MetricKind): boolean {
  return kind.dataPointType === DataPointType.SUM && isDelta(kind);
}

/** @throws TypeError when it is no array, or its length can't be right */
function lengthOf(name: string, list: readonly unknown[]): number {
  const length = Array.isArray(list) ? list.length : Number.NaN;
  if (Number.isInteger(length) && length >= 0 && length <= MAX_LENGTH) return length;
  throw new TypeError(`\`${name}\` is no array`);
}

function numbersIn(
  dataPoints: readonly DataPoint<unknown>[],
  points: number,
  isIncrease: boolean,
): ArrayLike<number> {
  const numbers: number[] | Float64Array =
    points < MANY ? new Array<number>(points) : new Float64Array(points);
  for (let index = 0; index < points; index += 1) {
    const value = numberIn(dataPoints, index);
    numbers[index] = isExportable(value, isIncrease) ? value : Number.NaN;
  }
  return numbers;
}

function sumOf(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < numbers.length; index += 1) sum += numbers[index] || 0;
  return sum;
}

function numberIn(dataPoints: readonly DataPoint<unknown>[], index: number): unknown {
  try {
    return dataPoints[index]!.value;
  } catch {
    // The reason is logged when the point is read.
    return undefined;
  }
}

/** A metric whose points can't be counted. It counts as one point. */
function uncountable(error: unknown, descriptor: Descriptor | undefined, scope: Scope): ReceivedMetric {
  return {
    dataPointType: DataPointType.GAUGE,
    aggregationTemporality: AggregationTemporality.DELTA,
    descriptor,
    scope,
    dataPoints: [],
    numbers: undefined,
    points: 1,
    amount: 0,
    refusal: unreadable(error),
  };
}

const NO_SCOPE: Scope = { name: '' };

function unreadable(error: unknown): Refusal {
  return malformed(`it could not be read: ${reasonOf(error)}`);
}

function attributesOf(resource: ResourceMetrics['resource'] | undefined): Attributes {
  try {
    const attributes: unknown = resource?.attributes;
    if (typeof attributes === 'object' && attributes !== null) return attributes as Attributes;
  } catch {
    // The points are sent without the tags of their resource, which is better than not at all.
  }
  return NO_ATTRIBUTES;
}
