import type { Attributes } from '@opentelemetry/api';
import { chosenAttributes, createTagWriters, type Metric, type WireMetric } from '@tallykit/exporter-base';
import { datadogTags, safeName } from '@tallykit/exporter-base/datadog';
import { tagSpelling } from './format.ts';

type Tags = Readonly<Record<string, string | number | boolean>>;

/** What decides how points are called. */
export interface TranslateOptions {
  readonly prefix: string;
  /** The weakest: what the resource says wins over them. */
  readonly weakTags: Tags;
  readonly bareTags: readonly string[];
  readonly tags: Tags;
  readonly resourceTags: readonly string[];
  readonly processTag: boolean | 'gauges';
  readonly timestamps: boolean;
  /** Tells this process from others, for points whose resource has no `service.instance.id`. */
  readonly processName: string;
}

/**
 * Tags of everything that comes from one resource, the weakest first: `DD_TAGS`, the resource's environment, service and
 * version, the tags of the options, chosen attributes of the resource.
 */
export function sharedTags(
  { weakTags, tags, resourceTags }: TranslateOptions,
  resource: Attributes,
): Record<string, unknown>[] {
  return [weakTags, datadogTags(resource), tags, chosenAttributes(resource, resourceTags)];
}

/**
 * How the metrics of a resource are called: the name with prefix and unsafe characters replaced, the tags as text. An
 * increase of zero and a histogram without values have nothing to say.
 */
export function createTranslator(
  options: TranslateOptions,
): (resource: Attributes) => (metric: Metric) => WireMetric {
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.bareTags),
    sharedTags: (resource) => sharedTags(options, resource),
    processName: () => options.processName,
  });

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return (metric) => ({
      name: safeName(options.prefix + metric.name),
      tags: isOfOneProcess(metric, options) ? ofProcess : common,
      filter: JUDGES[metric.type],
    });
  };
}

const JUDGES: Readonly<Record<Metric['type'], WireMetric['filter']>> = {
  sum: (value) => (value === 0 ? 'nothing' : undefined),
  gauge: () => undefined,
  histogram: (value) => (typeof value === 'object' && value.count === 0 ? 'nothing' : undefined),
};

/**
 * Whether the values of two processes would overwrite each other: a gauge's last value counts, and of points with a time
 * the last one of that time, counters included.
 */
function isOfOneProcess({ type, isUpDown }: Metric, { processTag, timestamps }: TranslateOptions): boolean {
  if (processTag === false || type === 'histogram') return false;
  return timestamps || (type === 'gauge' && (isUpDown || processTag === 'gauges'));
}
