import type { HistogramSeries, HistogramValue } from '@tallykit/exporter-base';
import { millisOfUnit, quantiles } from '@tallykit/exporter-base/histograms';
import { lineFormat, type StatsdDialect } from './format.ts';
import { equalWeightSamples } from './samples.ts';

/** What decides how histograms are written. */
export interface HistogramFormatOptions {
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly sampleLimit: number;
}

/** Percentiles of `histograms: 'aggregates'`. */
const PERCENTILES = [50, 90, 95, 99] as const;

/**
 * The lines of a histogram, in the order in which they are to be sent. Timings are in milliseconds whenever the unit is one
 * of time, because that is what `ms` means to a server; other units are left as they are.
 */
export function createHistogramFormat({
  dialect,
  histograms,
  sampleLimit,
}: HistogramFormatOptions): (series: HistogramSeries) => readonly string[] {
  const line = lineFormat(dialect);
  return ({ name, tags, unit, value: histogram }) => {
    if (histograms === 'aggregates') {
      return aggregates(name, histogram).map(([full, type, value]) => line(full, tags, type, value));
    }
    const millis = millisOfUnit(unit) ?? 1;
    return equalWeightSamples(histogram, sampleLimit).map(({ value, weight }) =>
      line(name, tags, 'ms', value * millis, weight),
    );
  };
}

function aggregates(
  name: string,
  histogram: HistogramValue,
): (readonly [name: string, type: 'c' | 'g', value: number])[] {
  const { count, sum, min, max } = histogram;
  const gauges: (readonly [suffix: string, value: number | undefined])[] = [
    ['sum', sum],
    ['min', min],
    ['max', max],
    ['mean', sum === undefined ? undefined : sum / count],
    ...quantiles(
      histogram,
      PERCENTILES.map((percent) => percent / 100),
    ).map((value, index) => [`p${PERCENTILES[index]}`, value] as const),
  ];
  return [
    [`${name}.count`, 'c', count],
    ...gauges.flatMap(([suffix, value]) =>
      value === undefined ? [] : [[`${name}.${suffix}`, 'g', value] as const],
    ),
  ];
}
