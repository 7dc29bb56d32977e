import { hasTags, listed, nearest, tagText, type Check, type ExpectedTags } from './check.ts';
import type { Recorded, RecordedSeries } from './collect.ts';

/** What is expected of timings or of a distribution: how many values there are, or some of these properties. */
export type ExpectedDistribution =
  | number
  | {
      readonly count?: number | undefined;
      readonly sum?: number | undefined;
      readonly min?: number | undefined;
      readonly max?: number | undefined;
    };

type Distribution = Extract<RecordedSeries, { kind: 'distribution' }>;
type Valued = Exclude<RecordedSeries, Distribution>;

/** Counters and up-down counters: the sum over all series with those tags. */
export function checkCounted(
  recorded: Recorded,
  name: string,
  value: number | undefined,
  tags: ExpectedTags = {},
): Check {
  const series = matching(recorded, name, tags).filter(
    (one): one is Valued => one.kind === 'counter' || one.kind === 'upDown',
  );
  const sum = series.reduce((total, one) => total + one.value, 0);
  const pass = value === undefined ? series.length > 0 : isClose(sum, value);
  return {
    pass,
    message: () =>
      explain(recorded, name, tags, {
        pass,
        expected: value === undefined ? 'a count' : `a count of ${value}`,
        actual: series.length === 0 ? undefined : `a count of ${sum}`,
      }),
  };
}

/** Gauges: the last value of the one series with those tags. */
export function checkGauged(
  recorded: Recorded,
  name: string,
  value: number | undefined,
  tags: ExpectedTags = {},
): Check {
  const series = matching(recorded, name, tags).filter((one): one is Valued => one.kind === 'gauge');
  const values = series.map((one) => one.value);
  const pass =
    value === undefined
      ? values.length > 0
      : values.length === 1 && values.every((one) => isClose(one, value));
  return {
    pass,
    message: () =>
      explain(recorded, name, tags, {
        pass,
        expected: value === undefined ? 'a gauge' : `a gauge of ${value}`,
        actual:
          values.length === 0
            ? undefined
            : values.length === 1
              ? `a gauge of ${values[0]}`
              : `${values.length} gauges (give more tags)`,
      }),
  };
}

/** Histograms in a unit of time. */
export function checkTimed(
  recorded: Recorded,
  name: string,
  expected: ExpectedDistribution | undefined,
  tags?: ExpectedTags,
): Check {
  return checkHistogram(recorded, name, expected, tags, 'timings', ({ unit }) => UNITS_OF_TIME.has(unit));
}

/** Histograms of any unit: the values of all series with those tags together. */
export function checkDistributed(
  recorded: Recorded,
  name: string,
  expected: ExpectedDistribution | undefined,
  tags?: ExpectedTags,
): Check {
  return checkHistogram(recorded, name, expected, tags, 'values', () => true);
}

const UNITS_OF_TIME: ReadonlySet<string> = new Set(['ns', 'us', 'ms', 's', 'min', 'h', 'd']);

function checkHistogram(
  recorded: Recorded,
  name: string,
  expected: ExpectedDistribution | undefined,
  tags: ExpectedTags = {},
  plural: string,
  isMeant: (series: Distribution) => boolean,
): Check {
  const series = matching(recorded, name, tags).filter(
    (one): one is Distribution => one.kind === 'distribution' && isMeant(one),
  );
  const actual = together(series);
  const wanted = typeof expected === 'number' ? { count: expected } : (expected ?? {});
  const parts = givenParts(wanted);
  const isRight = parts.every(([part, value]) => actual[part] !== undefined && isClose(actual[part], value));
  const pass = isRight && (series.length > 0 || wanted.count === 0);
  return {
    pass,
    message: () =>
      explain(recorded, name, tags, {
        pass,
        expected: parts.length === 0 ? plural : `${plural} with ${describeParts(wanted)}`,
        actual: series.length === 0 ? undefined : `${plural} with ${describeParts(actual)}`,
      }),
  };
}

/** The properties that are expected. Those that are `undefined` are not. */
function givenParts(wanted: Exclude<ExpectedDistribution, number>) {
  return Object.entries(wanted).filter(
    (part): part is [keyof typeof wanted, number] => part[1] !== undefined,
  );
}

function together(series: readonly Distribution[]) {
  const sums = series.map(({ sum }) => sum);
  return {
    count: series.reduce((total, { count }) => total + count, 0),
    sum: sums.reduce<number | undefined>(
      (total, sum) => (total === undefined || sum === undefined ? undefined : total + sum),
      0,
    ),
    min: extreme(
      Math.min,
      series.map(({ min }) => min),
    ),
    max: extreme(
      Math.max,
      series.map(({ max }) => max),
    ),
  };
}

function extreme(
  pick: (...values: number[]) => number,
  values: readonly (number | undefined)[],
): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : pick(...known);
}

function describeParts(parts: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([part, value]) => `${part} ${value}`)
    .join(', ');
}

function matching({ series }: Recorded, name: string, tags: ExpectedTags): readonly RecordedSeries[] {
  return series.filter((one) => one.name === name && hasTags(one.tags, tags));
}

/** Sums of fractions that were added in another order differ in their last digits. */
function isClose(actual: number, expected: number): boolean {
  return Object.is(actual, expected) || Math.abs(actual - expected) <= 1e-9 * Math.abs(expected);
}

interface Explained {
  readonly pass: boolean;
  readonly expected: string;
  /** `undefined` when no series fits. */
  readonly actual: string | undefined;
}

function explain(
  { series }: Recorded,
  name: string,
  tags: ExpectedTags,
  { pass, expected, actual }: Explained,
): string {
  const start = `${name}${tagText(tags)}: expected ${pass ? 'no such thing as ' : ''}${expected}`;
  const sameName = series.filter((one) => one.name === name);
  if (actual !== undefined) {
    return `${start}, got ${actual}\n${list(sameName, tags)}`;
  }
  if (sameName.length > 0) {
    return `${start}; under that name there is only\n${list(sameName, tags)}`;
  }
  const names = [...new Set(series.map((one) => one.name))];
  if (names.length === 0) return `${start}, but nothing was recorded at all`;
  return `${start}; nothing has that name. The nearest names: ${nearest(names, name)}`;
}

function list(series: readonly RecordedSeries[], tags: ExpectedTags): string {
  return listed(series, tags, (one) => `${one.name}${tagText(one.tags)} ${describe(one)}`);
}

function describe(series: RecordedSeries): string {
  const unit = series.unit && ` ${series.unit}`;
  if (series.kind !== 'distribution') return `${series.kind} ${series.value}${unit}`;
  const { kind, count, sum, min, max } = series;
  return `${kind} ${describeParts({ count, sum, min, max })}${unit}`;
}
