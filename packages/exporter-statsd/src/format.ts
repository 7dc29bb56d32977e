import type { Refusal, Series } from '@tallykit/exporter-base';
import { lineFormat } from './dialect.ts';
import { createHistogramFormat, type HistogramFormatOptions } from './histogram-format.ts';

/** The options that decide how a series is written. */
export interface FormatOptions extends HistogramFormatOptions {
  readonly wholeCounters: boolean;
}

/** Servers that take whole numbers keep them in 64 bits, one of them for the sign. */
const LARGEST_WHOLE = 2 ** 63;

const TOO_LARGE: Refusal = {
  refused: 'notRepresentable',
  reason:
    'it is 2 ** 63 or more, which a server that takes whole numbers can not hold (option `wholeCounters`)',
};

/**
 * Writes the lines of a series. Pure: without a clock, and with the same lines for the same series. An increase of zero,
 * which merged points can come to, has no line.
 */
export function createFormat(
  options: FormatOptions,
): (series: Series) => string | readonly string[] | Refusal {
  const line = lineFormat(options.dialect);
  const histogramLines = createHistogramFormat(options);
  return (series) => {
    if (series.type === 'histogram') return histogramLines(series);
    const { type, name, tags, value } = series;
    if (type === 'gauge') return line(name, tags, 'g', value);
    if (value === 0) return [];
    if (options.wholeCounters && Math.abs(value) >= LARGEST_WHOLE) return TOO_LARGE;
    return line(name, tags, 'c', value);
  };
}
