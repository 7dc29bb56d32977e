import type { Attributes } from '@opentelemetry/api';
import {
  chosenAttributes,
  createTagWriters,
  processName,
  type Metric,
  type ProcessFacts,
  type TagSource,
  type WireMetric,
} from '@tallykit/exporter-base';
import { datadogTags, safeName } from '@tallykit/exporter-base/datadog';
import { tagSpelling } from './tags.ts';

type Tags = Readonly<Record<string, string | number | boolean>>;

/** The options that decide which name and tags a point gets. */
export interface TranslateOptions {
  readonly prefix: string;
  /** The weakest tags: those of the resource win over them. */
  readonly weakTags: TagSource;
  readonly bareTags: readonly string[];
  readonly tags: Tags;
  readonly resourceTags: readonly string[];
  readonly processTag: boolean | 'gauges';
  readonly timestamps: boolean;
  readonly ownProcess: ProcessFacts;
}

/**
 * Tags of everything that comes from one resource, the weakest first: `DD_TAGS`, the resource's environment, service and
 * version, the tags of the options, chosen attributes of the resource.
 */
export function sharedTags(
  { weakTags, tags, resourceTags }: TranslateOptions,
  resource: Attributes,
): TagSource[] {
  return [weakTags, datadogTags(resource), tags, chosenAttributes(resource, resourceTags)];
}

/**
 * Names the metrics of a resource as they are called on the wire: the name with its prefix and without unsafe characters,
 * the tags as text. Leaves out increases of zero and histograms without values. Pure.
 */
export function createTranslator(
  options: TranslateOptions,
): (resource: Attributes) => (metric: Metric) => WireMetric {
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.bareTags),
    sharedTags: (resource) => sharedTags(options, resource),
    processName: (resource) => processName(resource, options.ownProcess),
  });

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return (metric) => ({
      name: safeName(options.prefix + metric.name),
      tags: isOfOneProcess(metric, options) ? ofProcess : common,
      filter: FILTERS[metric.type],
    });
  };
}

const FILTERS: Readonly<Record<Metric['type'], WireMetric['filter']>> = {
  sum: (value) => (value === 0 ? 'nothing' : undefined),
  gauge: () => undefined,
  histogram: (value) => (typeof value === 'object' && value.count === 0 ? 'nothing' : undefined),
};

/**
 * Whether the values of two processes would overwrite each other. The Agent keeps the last value of a gauge, and with
 * `timestamps` the last value of each second, of counters too.
 */
function isOfOneProcess({ type, isUpDown }: Metric, { processTag, timestamps }: TranslateOptions): boolean {
  if (processTag === false || type === 'histogram') return false;
  return timestamps || (type === 'gauge' && (isUpDown || processTag === 'gauges'));
}
