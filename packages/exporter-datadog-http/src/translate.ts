import type { Attributes } from '@opentelemetry/api';
import { createTagWriters, type Metric, type Refusal, type WireMetric } from '@tallykit/exporter-base';
import { datadogTags, safeName, UNIFIED_TAGS } from '@tallykit/exporter-base/datadog';
import { tagSpelling } from './tags.ts';
import type { DatadogHttpSettings } from './options.ts';
import { MAX_SKETCH_COUNT } from './sketch.ts';

/** The options that decide which name and tags a point gets. */
export type TranslateOptions = Pick<
  DatadogHttpSettings,
  | 'prefix'
  | 'weakTags'
  | 'bareTags'
  | 'tags'
  | 'hostname'
  | 'machineName'
  | 'histograms'
  | 'processTag'
  | 'resourceTags'
> & {
  /** The value of the tag `process`. */
  readonly processName: (resource: Attributes) => string;
};

/** Resource attributes for which Datadog has a name of its own (Datadog documentation, "OpenTelemetry Semantic Mapping"). */
const DATADOG_NAMES: Readonly<Partial<Record<string, string>>> = {
  ...UNIFIED_TAGS,
  'aws.ecs.task.arn': 'task_arn',
  'aws.ecs.task.family': 'task_family',
  'container.id': 'container_id',
  'container.name': 'container_name',
  'cloud.region': 'region',
  'cloud.availability_zone': 'zone',
  'k8s.cluster.name': 'kube_cluster_name',
  'k8s.container.name': 'kube_container_name',
  'k8s.deployment.name': 'kube_deployment',
  'k8s.namespace.name': 'kube_namespace',
  'k8s.pod.name': 'pod_name',
};

const TOO_MANY_VALUES: Refusal = {
  refused: 'notRepresentable',
  reason: `it has more than ${MAX_SKETCH_COUNT} values, which is more than a sketch can hold`,
};

/**
 * Names the metrics of a resource as they are called at Datadog: the name with its prefix and without unsafe characters, and
 * the tags, the host among them. Leaves out increases of zero and histograms without values.
 */
export function createTranslator(
  options: TranslateOptions,
): (resource: Attributes) => (metric: Metric) => WireMetric {
  const isSeries = (type: Metric['type']) => type !== 'histogram' || options.histograms === 'aggregates';
  const tagOfAttribute = Object.fromEntries(
    options.resourceTags.map((name) => [name, DATADOG_NAMES[name] ?? name]),
  );
  const writersOf = createTagWriters({
    spelling: tagSpelling(options.bareTags),
    sharedTags: (resource) => [
      { host: hostOf(resource, options) },
      options.weakTags,
      datadogTags(resource, tagOfAttribute),
      options.tags,
    ],
    processName: options.processTag ? options.processName : undefined,
  });

  return (resource) => {
    const { common, ofProcess } = writersOf(resource);
    return ({ name, type }) => ({
      name: safeName(options.prefix + name),
      tags: isSeries(type) ? ofProcess : common,
      filter: FILTERS[type],
    });
  };
}

const FILTERS: Readonly<Record<Metric['type'], WireMetric['filter']>> = {
  sum: (value) => (value === 0 ? 'nothing' : undefined),
  gauge: () => undefined,
  histogram(value) {
    const count = typeof value === 'number' ? 0 : value.count;
    if (!(count > 0)) return 'nothing';
    return count > MAX_SKETCH_COUNT ? TOO_MANY_VALUES : undefined;
  },
};

function hostOf(resource: Attributes, { hostname, machineName }: TranslateOptions): string {
  return hostname ?? textOf(resource['datadog.host.name']) ?? textOf(resource['host.name']) ?? machineName;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
