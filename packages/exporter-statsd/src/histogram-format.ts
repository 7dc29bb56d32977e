import { derivedName, type HistogramSeries, type HistogramValue } from '@tallykit/exporter-base';
import { millisOfUnit, quantiles } from '@tallykit/exporter-base/histograms';
import { lineFormat, type StatsdDialect } from './dialect.ts';
import { equalWeightSamples } from './samples.ts';

/** The options that decide how a histogram is written. */
export interface HistogramFormatOptions {
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly sampleLimit: number;
}

/** Percentiles of `histograms: 'aggregates'`. */
const PERCENTILES = [50, 90, 95, 99] as const;

/** What is added to the name of a histogram for each of its aggregates. */
export const AGGREGATE_SUFFIXES: readonly string[] = [
  '.count',
  '.sum',
  '.min',
  '.max',
  '.mean',
  ...PERCENTILES.map((percent) => `.p${percent}`),
];

/**
 * Writes the lines of a histogram, in the order in which they must be sent. Durations become milliseconds, because that is
 * what `ms` means to a server; values of other units stay as they are.
 */
export function createHistogramFormat({
  dialect,
  histograms,
  sampleLimit,
}: HistogramFormatOptions): (series: HistogramSeries) => readonly string[] {
  const line = lineFormat(dialect);
  return ({ name, baseName, tags, unit, value: histogram }) => {
    if (histograms === 'aggregates') {
      return aggregates(histogram).map(([suffix, type, value]) =>
        line(derivedName(baseName, suffix), tags, type, value),
      );
    }
    const millis = millisOfUnit(unit) ?? 1;
    return equalWeightSamples(histogram, sampleLimit).map(({ value, weight }) =>
      line(name, tags, 'ms', value * millis, weight),
    );
  };
}

function aggregates(
  histogram: HistogramValue,
): (readonly [suffix: string, type: 'c' | 'g', value: number])[] {
  const { count, sum, min, max } = histogram;
  const values = [
    count,
    sum,
    min,
    max,
    sum === undefined ? undefined : sum / count,
    ...quantiles(
      histogram,
      PERCENTILES.map((percent) => percent / 100),
    ),
  ];
  return AGGREGATE_SUFFIXES.flatMap((suffix, index) => {
    const value = values[index];
    return value === undefined ? [] : [[suffix, suffix === '.count' ? 'c' : 'g', value] as const];
  });
}
