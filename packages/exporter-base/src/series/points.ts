import type { HrTime } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type ExponentialHistogram,
  type Histogram,
  type MetricData,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import type { ExponentialBuckets, HistogramValue } from '../histogram/histogram.ts';
import type { Refusal } from '../accounts/ledger.ts';

/** What the points of one metric have in common, as the program named it. */
export interface Metric {
  /** An increase since the last export, a current value, or a distribution of values. */
  readonly type: 'sum' | 'gauge' | 'histogram';
  /** Whether it is a sum that may go down. Its value is the current one, unless another producer sends deltas of it. */
  readonly isUpDown: boolean;
  /** The instrument's name. */
  readonly name: string;
  /** The instrument's unit (UCUM), empty when it has none. */
  readonly unit: string;
  /** The instrument's description, empty when it has none. */
  readonly description: string;
  /** The instrumentation scope: the library that made the instrument. */
  readonly scope: { readonly name: string; readonly version?: string | undefined };
}

/** What was measured: a number for sums and gauges, and the distribution of a histogram. */
export type Value = number | HistogramValue;

/** What must be known of a metric to read its points. */
export type MetricKind = Pick<MetricData, 'dataPointType' | 'aggregationTemporality'> & {
  readonly isMonotonic?: boolean | undefined;
};

/** What the points of a metric have in common, or the reason why no delta exporter can take them. */
export function readMetric(
  kind: MetricKind,
  { name, unit, description }: MetricData['descriptor'],
  scope: ScopeMetrics['scope'],
): Metric | Refusal {
  const isSum = kind.dataPointType === DataPointType.SUM;
  const isGauge = kind.dataPointType === DataPointType.GAUGE;
  const isUpDown = isSum && kind.isMonotonic !== true;
  if (typeof name !== 'string') return malformed('its name is no text');
  if (!isSum && !isGauge && !isHistogram(kind.dataPointType)) return malformed('nobody knows its type');
  if (!isGauge && !isUpDown && !isDelta(kind)) return CUMULATIVE;
  let type: Metric['type'] = 'histogram';
  if (isGauge || (isUpDown && !isDelta(kind))) type = 'gauge';
  else if (isSum) type = 'sum';
  return {
    type,
    isUpDown,
    name,
    unit: textOf(unit),
    description: textOf(description),
    scope: { name: textOf(scope.name), version: scope.version },
  };
}

function isHistogram(type: DataPointType): boolean {
  return type === DataPointType.HISTOGRAM || type === DataPointType.EXPONENTIAL_HISTOGRAM;
}

/** Other producers may leave a text out. Then it is empty. */
function textOf(text: unknown): string {
  return typeof text === 'string' ? text : '';
}

/** A histogram as it was recorded, copied and checked, or the reason why it can't be exported. */
export function readHistogram(type: DataPointType, { value }: DataPoint<unknown>): HistogramValue | Refusal {
  return type === DataPointType.HISTOGRAM
    ? explicitHistogram(value as Histogram)
    : exponentialHistogram(value as ExponentialHistogram);
}

/** Whether a number can be exported. An increase must also be small enough to be added to others. */
export function isExportable(value: unknown, isIncrease: boolean): value is number {
  if (typeof value !== 'number') return false;
  return isIncrease ? Math.abs(value) <= LARGEST_INCREASE : Number.isFinite(value);
}

/** Why a value is not {@link isExportable}. */
export function whyNotExportable(value: unknown): Refusal {
  if (typeof value !== 'number') return malformed('its value is no number');
  return Number.isFinite(value) ? TOO_LARGE : NOT_FINITE;
}

/**
 * The largest value that may be added to others: 2 ** 53 of them, more than can be counted, still add up to a number.
 * `Number.MAX_VALUE` is nearly 2 ** 1024.
 */
export const LARGEST_INCREASE = 2 ** 970;

/** Whether a time is a moment that can be exported. */
export function isTime(time: HrTime): boolean {
  const millis = toMillis(time);
  return millis >= 0 && millis <= LATEST_MILLIS;
}

/** The latest moment that a `Date` can have. */
const LATEST_MILLIS = 8.64e15;

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

const NOT_FINITE: Refusal = {
  refused: 'notFinite',
  reason: 'its value is NaN or infinite; often the program divides by zero',
};

const TOO_LARGE: Refusal = {
  refused: 'notFinite',
  reason: 'its value is so large that it and others like it would add up to infinity',
};

/** The refusal of data that no SDK makes. */
export function malformed(reason: string): Refusal {
  return { refused: 'error', reason };
}

export function isDelta({ aggregationTemporality }: Pick<MetricData, 'aggregationTemporality'>): boolean {
  return aggregationTemporality === AggregationTemporality.DELTA;
}

function explicitHistogram({ count, sum, min, max, buckets }: Histogram): HistogramValue | Refusal {
  const boundaries = copyOf(buckets.boundaries);
  const counts = copyOf(buckets.counts);
  if (!areAscending(boundaries)) return malformed('the boundaries of its buckets are not ascending numbers');
  // OpenTelemetry's data model allows a histogram that says nothing about buckets.
  const isWithoutBuckets = boundaries.length === 0 && counts.length === 0;
  if (!isWithoutBuckets && counts.length !== boundaries.length + 1)
    return malformed(`it has ${counts.length} buckets for ${boundaries.length} boundaries`);
  return (
    wrongTotals(count, sum, isWithoutBuckets ? count : countOf(counts)) ?? {
      type: 'explicit',
      count,
      sum,
      min: finite(min),
      max: finite(max),
      boundaries,
      counts,
    }
  );
}

function exponentialHistogram(value: ExponentialHistogram): HistogramValue | Refusal {
  const { count, sum, min, max, scale, zeroCount } = value;
  if (!Number.isInteger(scale) || scale < COARSEST_SCALE || scale > FINEST_SCALE)
    return malformed(`its scale is not a whole number from ${COARSEST_SCALE} to ${FINEST_SCALE}`);
  const positive = copyOfHalf(value.positive);
  const negative = copyOfHalf(value.negative);
  if (!isWithinNumbers(positive, scale) || !isWithinNumbers(negative, scale))
    return malformed('its buckets lie where no numbers are');
  const inBuckets = countOf([zeroCount]) + countOf(positive.bucketCounts) + countOf(negative.bucketCounts);
  return (
    wrongTotals(count, sum, inBuckets) ?? {
      type: 'exponential',
      count,
      sum,
      min: finite(min),
      max: finite(max),
      scale,
      zeroCount,
      positive,
      negative,
    }
  );
}

/** @param inBuckets NaN when a bucket's count is none */
function wrongTotals(count: number, sum: unknown, inBuckets: number): Refusal | undefined {
  if (!Number.isSafeInteger(count) || count < 0 || Number.isNaN(inBuckets))
    return malformed('a count of it is not a whole number of zero or more');
  if (inBuckets !== count) return malformed(`its count is ${count}, and its buckets hold ${inBuckets}`);
  return sum === undefined || isExportable(sum, true) ? undefined : whyNotExportable(sum);
}

/** A copy, so that nobody can change the numbers after they were checked. */
function copyOf(numbers: readonly number[]): number[] {
  if (!Array.isArray(numbers)) throw new TypeError('a list of its buckets is no array');
  return numbers.slice();
}

function copyOfHalf({ offset, bucketCounts }: ExponentialBuckets): ExponentialBuckets {
  return { offset, bucketCounts: copyOf(bucketCounts) };
}

function areAscending(boundaries: readonly number[]): boolean {
  let last = -Infinity;
  for (const boundary of boundaries) {
    if (!Number.isFinite(boundary) || boundary < last) return false;
    last = boundary;
  }
  return true;
}

/** How many values there are, NaN when a count is not a whole number of zero or more. */
function countOf(counts: readonly number[]): number {
  let total = 0;
  for (const count of counts) {
    if (!Number.isSafeInteger(count) || count < 0) return Number.NaN;
    total += count;
  }
  return total;
}

/** Whether each bucket that holds values has numbers in it. */
function isWithinNumbers({ offset, bucketCounts }: ExponentialBuckets, scale: number): boolean {
  if (!Number.isSafeInteger(offset)) return false;
  const first = bucketCounts.findIndex((count) => count !== 0);
  if (first < 0) return true;
  const last = bucketCounts.findLastIndex((count) => count !== 0);
  const octaves = 2 ** -scale;
  return (offset + first + 1) * octaves > SMALLEST_EXPONENT && (offset + last) * octaves < LARGEST_EXPONENT;
}

/** The scales that OpenTelemetry's exponential histograms may have. */
const FINEST_SCALE = 20;
const COARSEST_SCALE = -10;

/** Every number of JavaScript lies between 2 to the power of the first and 2 to the power of the second. */
const SMALLEST_EXPONENT = -1075;
const LARGEST_EXPONENT = 1024;

/** The SDK leaves a minimum of +Infinity and a maximum of -Infinity where it didn't record them. */
function finite(value: number | undefined): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
