import type {
  ExplicitHistogram,
  ExponentialBuckets,
  ExponentialHistogram,
  HistogramValue,
  Refusal,
  Tags,
} from '@tallykit/exporter-base';
import { plainTagWriter, type SeriesType } from './identity.ts';

/** Something that was measured, for a store that is fed without OpenTelemetry. */
export interface Recording<T extends Tags<T> = Tags> {
  /**
   * What is measured.
   *
   * @default 'counter'
   */
  readonly type?: SeriesType | undefined;
  /** The metric's name, 1 to 1000 characters. */
  readonly name: string;
  /** The increase of a counter, the value of a gauge, and one value or a whole histogram for a distribution. Finite. */
  readonly value: number | HistogramValue;
  /**
   * Tags, whose values become text. A value that is `null` or `undefined` leaves its tag out.
   *
   * @default {}
   */
  readonly tags?: T | undefined;
  /**
   * The unit, in the notation of UCUM, for example `ms` or `By`.
   *
   * @default ''
   */
  readonly unit?: string | undefined;
  /**
   * When it was measured, in milliseconds since 1970. A moment in the future counts as now.
   *
   * @default now
   */
  readonly timeMillis?: number | undefined;
}

/** Like {@link Recording}, with tags that a tag writer wrote. */
export interface WrittenRecording {
  readonly type: SeriesType;
  readonly name: string;
  readonly unit: string;
  readonly tags: string;
  readonly timeMillis: number;
  readonly value: number | HistogramValue;
}

const FIELDS: readonly string[] = [
  'type',
  'name',
  'value',
  'tags',
  'unit',
  'timeMillis',
] satisfies (keyof Recording)[];

/** So many milliseconds were in March 1973. So many seconds will be in the year 5138. */
const LEAST_MILLIS = 1e11;

/**
 * The recording as the store takes it, or why it takes none.
 *
 * @param nowMillis milliseconds since 1970
 */
export function readRecording(recording: Recording, nowMillis: number): WrittenRecording | Refusal {
  try {
    const unknown = Object.keys(recording).find((field) => !FIELDS.includes(field));
    if (unknown !== undefined) return invalid(`there is no field \`${unknown}\`. ${FORM}`);
    const { type = 'counter', name, value, tags = {}, unit = '', timeMillis = nowMillis } = recording;
    if (!isRecordable(type, name, value, unit)) return invalid(FORM);
    const timeFault = timeFaultOf(timeMillis, nowMillis);
    if (timeFault !== undefined) return invalid(timeFault);
    const measured = type === 'distribution' && typeof value === 'number' ? singleValue(value) : value;
    return { type, name, unit, tags: plainTagWriter.write(tags), timeMillis, value: measured };
  } catch {
    // It is no object, or a getter of the caller threw.
    return invalid(FORM);
  }
}

/** Why a time can't be taken, as a sentence; `undefined` when it can. */
export function timeFaultOf(timeMillis: number, nowMillis: number): string | undefined {
  if (!Number.isFinite(timeMillis)) {
    return '`timeMillis` must be a number of milliseconds since 1970, such as `Date.now()`';
  }
  return Math.abs(timeMillis) < LEAST_MILLIS && nowMillis >= LEAST_MILLIS
    ? `\`timeMillis\` must be milliseconds since 1970; ${timeMillis} looks like seconds`
    : undefined;
}

/** Why a recording can't be kept as it is; `undefined` when it can. Not all that comes from exporters was made by an SDK. */
export function unfit({ type, timeMillis, value }: WrittenRecording): Refusal | undefined {
  const isFit = type === 'distribution' ? isHistogram(value) : Number.isFinite(value);
  return isFit && Number.isFinite(timeMillis) ? undefined : UNFIT;
}

const UNFIT: Refusal = {
  refused: 'notRepresentable',
  reason:
    'it needs a time and a finite number, or a histogram whose counts are numbers from 0 and whose buckets are complete',
};

/** Whether it is a complete histogram of finite numbers: a wrong number would spoil those that it is added to. */
function isHistogram(value: unknown): value is HistogramValue {
  if (typeof value !== 'object' || value === null) return false;
  const { type, count, sum, min, max } = value as HistogramValue;
  if (!isCount(count) || ![sum, min, max].every(isFiniteOrUnknown)) return false;
  if (type === 'explicit') {
    const { boundaries, counts } = value as ExplicitHistogram;
    return (
      Array.isArray(boundaries) &&
      areCounts(counts) &&
      counts.length === boundaries.length + 1 &&
      boundaries.every(
        (each, index) => Number.isFinite(each) && (index === 0 || each > (boundaries[index - 1] as number)),
      )
    );
  }
  const { scale, zeroCount, positive, negative } = value as ExponentialHistogram;
  return (
    type === 'exponential' &&
    isScale(scale) &&
    isCount(zeroCount) &&
    [positive, negative].every(
      (half) => Number.isSafeInteger(half?.offset) && areCounts(half.bucketCounts) && isIndex(half),
    )
  );
}

/** The scales of OpenTelemetry's data model. */
function isScale(scale: unknown): boolean {
  return Number.isInteger(scale) && (scale as number) >= -10 && (scale as number) <= 20;
}

/** The largest index of a bucket: that of the largest number at the finest scale. */
const LAST_INDEX = 2 ** 31 - 1;

function isIndex({ offset, bucketCounts }: ExponentialBuckets): boolean {
  return Math.abs(offset) <= LAST_INDEX && Math.abs(offset + bucketCounts.length) <= LAST_INDEX;
}

function isCount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function areCounts(values: unknown): values is readonly number[] {
  return Array.isArray(values) && values.every(isCount);
}

function isFiniteOrUnknown(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

const FORM =
  'A recording needs a `name` of 1 to 1000 characters, one of the types counter, gauge and distribution as its `type`, and a ' +
  'finite `value`; it may have `tags`, a `unit`, and `timeMillis`, milliseconds since 1970';

/** Refuses what is wrong in itself. @param reason a sentence that says what is accepted */
export function invalid(reason: string): Refusal {
  return { refused: 'notRepresentable', reason };
}

const MAX_NAME_LENGTH = 1000;

function isRecordable(type: unknown, name: unknown, value: unknown, unit: unknown): boolean {
  const isLikeHistogram = typeof value === 'object' && value !== null && 'count' in value;
  return (
    (type === 'counter' || type === 'gauge' || type === 'distribution') &&
    typeof name === 'string' &&
    name !== '' &&
    name.length <= MAX_NAME_LENGTH &&
    typeof unit === 'string' &&
    (Number.isFinite(value) || (type === 'distribution' && isLikeHistogram))
  );
}

/** The name of a recording for a message. */
export function nameOf(recording: Recording): string {
  try {
    return recording.name.slice(0, 100);
  } catch {
    return '';
  }
}

function singleValue(value: number): HistogramValue {
  return { type: 'explicit', boundaries: [], counts: [1], count: 1, sum: value, min: value, max: value };
}
