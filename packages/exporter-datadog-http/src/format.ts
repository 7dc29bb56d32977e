import type { NumberSeries, Refusal, Series } from '@tallykit/exporter-base';
import { formatHistogram } from './histogram-format.ts';
import { formatPoint, placeOf, type FormatOptions } from './point.ts';

/** Writes a series as a text of its form. `timestampSeconds` is the time of its point, in seconds since 1970. */
export type Format = (series: Series, timestampSeconds: number) => string | Refusal;

/** Writes a series as a text of its form. Pure: without a clock, and with the same text for the same arguments. */
export function createFormat(options: FormatOptions): Format {
  return (series, timestampSeconds) =>
    series.type === 'histogram'
      ? formatHistogram(series, timestampSeconds, options)
      : formatNumberSeries(series, timestampSeconds, options);
}

/** A count, a rate or a gauge as JSON. */
function formatNumberSeries(series: NumberSeries, timestampSeconds: number, options: FormatOptions): string {
  const { name, unit, value, type } = series;
  const kind = type === 'sum' ? options.countersAs : 'gauge';
  return formatPoint({ name, unit, value, kind }, placeOf(series, timestampSeconds), options);
}
