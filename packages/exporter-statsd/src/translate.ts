import type { Attributes } from '@opentelemetry/api';
import {
  chosenAttributes,
  createTagWriters,
  processName,
  type HistogramValue,
  type Metric,
  type ProcessFacts,
  type Refusal,
  type Translate,
  type Value,
} from '@tallykit/exporter-base';
import { safeName, tagSpelling, type StatsdDialect } from './dialect.ts';

/** The options that decide which name and tags a point gets. */
export interface TranslateOptions {
  readonly prefix: string;
  readonly tags: Readonly<Record<string, string | number | boolean>>;
  readonly dialect: StatsdDialect;
  readonly histograms: 'samples' | 'aggregates';
  readonly processTag: boolean | 'gauges';
  readonly resourceTags: readonly string[];
  readonly ownProcess: ProcessFacts;
}

const BELOW_ZERO: Refusal = {
  refused: 'notRepresentable',
  reason:
    "it has values below zero, and StatsD servers refuse a negative timing; the option `histograms: 'aggregates'` " +
    'can say them',
};

/**
 * Names the metrics of a resource as they are called on the wire: the name with its prefix and without unsafe characters,
 * the tags as the dialect writes them. Leaves out increases of zero and histograms without values. Pure.
 */
export function createTranslator(options: TranslateOptions): (resource: Attributes) => Translate {
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.dialect),
    sharedTags: (resource) => [options.tags, chosenAttributes(resource, options.resourceTags)],
    processName: (resource) => processName(resource, options.ownProcess),
  });

  const filters = {
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
      filter: filters[metric.type],
    });
  };
}

/** Whether the values of two processes would overwrite each other, as they do where the server keeps a gauge. */
function isOfOneProcess({ type, isUpDown }: Metric, { processTag, histograms }: TranslateOptions): boolean {
  if (processTag === false || type === 'sum') return false;
  return type === 'gauge' ? isUpDown || processTag === 'gauges' : histograms === 'aggregates';
}

/** Whether a histogram has values below zero. Without a recorded minimum, the buckets show it. */
function isBelowZero(histogram: HistogramValue): boolean {
  if (histogram.min !== undefined) return histogram.min < 0;
  if (histogram.type === 'exponential') return histogram.negative.bucketCounts.some((count) => count > 0);
  const { boundaries, counts, sum = 0 } = histogram;
  const first = counts.findIndex((count) => count > 0);
  return (boundaries[Math.max(first - 1, 0)] ?? sum) < 0;
}
