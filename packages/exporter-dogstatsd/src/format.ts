import { formatNumber, type NumberSeries, type Series } from '@tallykit/exporter-base';
import { formatHistogram, type HistogramFormatOptions } from './histogram-format.ts';

/** Writes the lines of a series. `second`, in seconds since 1970, is the time of a counter or a gauge. */
export type Format = (series: Series, second?: number) => string | readonly string[];

/**
 * Writes the lines of a series. Pure: without a clock, and with the same lines for the same arguments. An increase of zero,
 * which merged points can come to, has no line.
 */
export function createFormat(options: HistogramFormatOptions): Format {
  return (series, second) =>
    series.type === 'histogram'
      ? formatHistogram(series, options)
      : formatNumberSeries(series, options.originFields, second);
}

function formatNumberSeries(
  { type, name, tags, value }: NumberSeries,
  originFields: string,
  second: number | undefined,
): string | readonly string[] {
  if (type === 'sum' && value === 0) return [];
  const time = second === undefined ? '' : `|T${second}`;
  // The short middle is joined first, because a text that is made of many parts takes longer to send.
  return name + (':' + formatNumber(value) + (type === 'sum' ? '|c' : '|g') + time) + tags + originFields;
}
