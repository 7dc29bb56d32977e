import type { Attributes } from '@opentelemetry/api';
import {
  chosenAttributes,
  createTagWriters,
  processName,
  type HistogramValue,
  type Translate,
  type Value,
  type WireMetric,
} from '@tallykit/exporter-base';
import type { ExporterSettings, NamePattern } from './exporter-options.ts';
import { TAG_SPELLING } from './identity.ts';

/** Leaves out values that change nothing, and metrics that are not wanted. */
const filters = {
  sum: (value: Value) => (value === 0 ? 'nothing' : undefined),
  gauge: () => undefined,
  histogram: (value: Value) => ((value as HistogramValue).count === 0 ? 'nothing' : undefined),
  none: () => 'nothing',
} as const satisfies Record<string, WireMetric['filter']>;

/** Whether the options keep a metric, by its name. */
export function nameFilterOf(
  options: Pick<ExporterSettings, 'include' | 'exclude'>,
): (name: string) => boolean {
  const isIncluded = matcher(options.include);
  const isExcluded = matcher(options.exclude);
  return (name) => isIncluded(name) && !isExcluded(name);
}

/** Names the metrics of a resource for the store: as the program named them, with the tags of the options added. */
export function createTranslator(
  options: Omit<ExporterSettings, 'store'>,
): (resource: Attributes) => Translate {
  const isKept = nameFilterOf(options);
  const writersOf = createTagWriters({
    spelling: TAG_SPELLING,
    sharedTags: (resource) => [options.tags, chosenAttributes(resource, options.resourceTags)],
    processName: (resource) => processName(resource, options.ownProcess),
  });

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return ({ name, type, isUpDown }) => {
      const isOfOneProcess =
        type === 'gauge' && (options.processTag === 'gauges' || (options.processTag && isUpDown));
      const tags = isOfOneProcess ? ofProcess : common;
      return { name, tags, filter: filters[isKept(name) ? type : 'none'] };
    };
  };
}

/** Whether one of the patterns matches a name. */
function matcher(patterns: readonly NamePattern[]): (name: string) => boolean {
  const matches = patterns.map((pattern) => (typeof pattern === 'function' ? pattern : likeName(pattern)));
  return (name) => matches.some((match) => match(name));
}

/** Matches names with a text in which `*` stands for any text. */
function likeName(pattern: string): (name: string) => boolean {
  const source = pattern
    .split('*')
    .map((text) => text.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
    .join('.*');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}
