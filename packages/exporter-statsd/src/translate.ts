import type { Attributes } from '@opentelemetry/api';
import {
  chosenAttributes,
  createTagWriters,
  type HistogramValue,
  type Metric,
  type Refusal,
  type Series,
  type Translate,
  type Value,
} from '@tallykit/exporter-base';
import { lineFormat, safeName, tagSpelling, type StatsdDialect } from './format.ts';
import { createHistogramFormat, type HistogramFormatOptions } from './histogram-format.ts';

/** What decides how points are called. */
export interface TranslateOptions {
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly processTag: boolean | 'gauges';
  readonly resourceTags: readonly string[];
  /** Tells this process from others, for points whose resource has no `service.instance.id`. */
  readonly processName: string;
}

const BELOW_ZERO: Refusal = {
  refused: 'notRepresentable',
  reason:
    "it has values below zero, and StatsD servers refuse a negative timing; the option `histograms: 'aggregates'` " +
    'can say them',
};

/**
 * How the metrics of a resource are called: the name with prefix and unsafe characters replaced, the tags as the
 * dialect's text. An increase of zero has nothing to say.
 */
export function createTranslator(options: TranslateOptions): (resource: Attributes) => Translate {
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.dialect),
    sharedTags: (resource) => [options.tags, chosenAttributes(resource, options.resourceTags)],
    processName: () => options.processName,
  });

  const judges = {
    sum: (value: Value) => (value === 0 ? 'nothing' : undefined),
    gauge: () => undefined,
    histogram: (value: Value) => {
      const histogram = value as HistogramValue;
      if (histogram.count === 0) return 'nothing';
      return options.histograms === 'samples' && isBelowZero(histogram) ? BELOW_ZERO : undefined;
    },
  } as const;

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return (metric) => ({
      name: safeName(options.prefix + metric.name),
      tags: isOfOneProcess(metric, options) ? ofProcess : common,
      filter: judges[metric.type],
    });
  };
}

/** The lines of a series. */
export function createFormat(
  options: HistogramFormatOptions,
): (series: Series) => string | readonly string[] {
  const line = lineFormat(options.dialect);
  const histogramLines = createHistogramFormat(options);
  return (series) => {
    if (series.type === 'histogram') return histogramLines(series);
    const { type, name, tags, value } = series;
    if (type === 'gauge') return line(name, tags, 'g', value);
    // Merged points can come to zero.
    return value === 0 ? [] : line(name, tags, 'c', value);
  };
}

/** Whether the values of two processes would overwrite each other: what a server keeps as a gauge doesn't add up. */
function isOfOneProcess({ type, isUpDown }: Metric, { processTag, histograms }: TranslateOptions): boolean {
  if (processTag === false || type === 'sum') return false;
  return type === 'gauge' ? isUpDown || processTag === 'gauges' : histograms === 'aggregates';
}

/** Whether some of its values are. Where nobody recorded the smallest one, the buckets say it. */
function isBelowZero(histogram: HistogramValue): boolean {
  if (histogram.min !== undefined) return histogram.min < 0;
  if (histogram.type === 'exponential') return histogram.negative.bucketCounts.some((count) => count > 0);
  const { boundaries, counts, sum = 0 } = histogram;
  const first = counts.findIndex((count) => count > 0);
  return (boundaries[Math.max(first - 1, 0)] ?? sum) < 0;
}
