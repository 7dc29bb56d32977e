import type { Series } from '@tallykit/exporter-base';
import { lineFormat } from './dialect.ts';
import { createHistogramFormat, type HistogramFormatOptions } from './histogram-format.ts';

/**
 * Writes the lines of a series. Pure: without a clock, and with the same lines for the same series. An increase of zero,
 * which merged points can come to, has no line.
 */
export function createFormat(
  options: HistogramFormatOptions,
): (series: Series) => string | readonly string[] {
  const line = lineFormat(options.dialect);
  const histogramLines = createHistogramFormat(options);
  return (series) => {
    if (series.type === 'histogram') return histogramLines(series);
    const { type, name, tags, value } = series;
    if (type === 'gauge') return line(name, tags, 'g', value);
    return value === 0 ? [] : line(name, tags, 'c', value);
  };
}
