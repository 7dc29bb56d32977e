import type { HistogramValue, Metric } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { MAX_SKETCH_COUNT } from '../src/sketch.ts';
import { splitTags, tagSpelling } from '../src/tags.ts';
import { createTranslator, type TranslateOptions } from '../src/translate.ts';

const OPTIONS: TranslateOptions = {
  prefix: 'shop.',
  weakTags: [],
  bareTags: [],
  tags: {},
  hostname: undefined,
  machineName: 'machine',
  histograms: 'sketches',
  processTag: true,
  resourceTags: [],
  processName: () => 'web-1',
};

const SUM: Metric = {
  type: 'sum',
  isUpDown: false,
  name: 'orders/créés',
  unit: '',
  description: '',
  scope: { name: 'shop' },
};
const HISTOGRAM: Metric = { ...SUM, type: 'histogram' };

/** The tags of a point without attributes. */
function tags(options: Partial<TranslateOptions> = {}, resource = {}, metric = SUM): string {
  return createTranslator({ ...OPTIONS, ...options })(resource)(metric).tags.write({});
}

describe('a metric', () => {
  it('has its prefix, and no characters that Datadog replaces', () => {
    expect(createTranslator(OPTIONS)({})(SUM).name).toBe('shop.orders_cr__s');
  });

  it('has the tags of its resource, which win over those of DD_TAGS and lose to those of the options', () => {
    const resource = {
      'service.name': 'shop',
      'service.version': '4',
      'deployment.environment.name': 'prod',
    };
    const resourceTags = Object.keys(resource);
    expect(tags({ weakTags: [['service', 'weak']], resourceTags }, resource)).toBe(
      'env:prod,host:machine,process:web-1,service:shop,version:4',
    );
    expect(tags({ weakTags: [['team', 'growth']], tags: { service: 'other' }, resourceTags }, resource)).toBe(
      'env:prod,host:machine,process:web-1,service:other,team:growth,version:4',
    );
  });

  it('has chosen attributes of its resource, under the names that Datadog has for them', () => {
    const names = {
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
      'shop.cell': 'shop.cell',
    };
    for (const [attribute, tag] of Object.entries(names)) {
      expect(tags({ resourceTags: [attribute] }, { [attribute]: 'x' }).split(',')).toContain(`${tag}:x`);
      expect(tags({}, { [attribute]: 'x' })).toBe('host:machine,process:web-1');
    }
  });

  it('belongs to the host of the options, of the resource, or of the machine, in this order', () => {
    const hostOf = (...given: Parameters<typeof tags>) => tags(...given).split(',')[0];
    const resource = { 'datadog.host.name': 'agent-host', 'host.name': 'host' };
    expect(hostOf({ hostname: 'given' }, resource)).toBe('host:given');
    expect(hostOf({}, resource)).toBe('host:agent-host');
    expect(hostOf({}, { 'host.name': 'host' })).toBe('host:host');
    expect(hostOf({}, { 'datadog.host.name': '', 'host.name': 7 })).toBe('host:machine');
    // Without a host, if somebody wants that.
    expect(hostOf({ hostname: '' }, resource)).toBe('process:web-1');
  });

  it('has the process that it comes from where values of two processes would overwrite each other', () => {
    expect(tags()).toBe('host:machine,process:web-1');
    expect(tags({ processTag: false })).toBe('host:machine');
    expect(tags({}, {}, HISTOGRAM)).toBe('host:machine');
    expect(tags({ histograms: 'aggregates' }, {}, HISTOGRAM)).toBe('host:machine,process:web-1');
    expect(tags({ histograms: 'points' }, {}, HISTOGRAM)).toBe('host:machine');
  });

  it('has tags without a value', () => {
    expect(tags({ bareTags: ['canary'], processTag: false })).toBe('host:machine,canary');
  });
});

describe('a value', () => {
  const filterOf = (type: Metric['type']) => createTranslator(OPTIONS)({})({ ...SUM, type }).filter;
  const histogram = (count: number): HistogramValue => ({
    type: 'explicit',
    boundaries: [],
    counts: [count],
    count,
    sum: count,
    min: 1,
    max: 1,
  });

  it('of zero need not be sent as an increase, and must be as a gauge', () => {
    expect([filterOf('sum')(0), filterOf('sum')(-1), filterOf('gauge')(0)]).toEqual([
      'nothing',
      undefined,
      undefined,
    ]);
  });

  it('of a histogram is sent where there is one, and as many as a sketch can hold', () => {
    const filter = filterOf('histogram');
    expect(filter(histogram(0))).toBe('nothing');
    expect(filter(histogram(1))).toBeUndefined();
    expect(filter(histogram(MAX_SKETCH_COUNT))).toBeUndefined();
    expect(filter(histogram(MAX_SKETCH_COUNT + 1))).toEqual({
      refused: 'notRepresentable',
      reason: 'it has more than 17592186040320 values, which is more than a sketch can hold',
    });
    // No SDK makes a histogram that is a number.
    expect(filter(7)).toBe('nothing');
  });
});

describe('the tags of one resource', () => {
  it('are written once for each set of attributes, and by the same writer', () => {
    const translator = createTranslator(OPTIONS);
    const [one, other] = [translator({ 'host.name': 'a' })(SUM), translator({ 'host.name': 'a' })(SUM)];
    expect(one.tags).toBe(other.tags);
    expect(translator({ 'host.name': 'b' })(SUM).tags).not.toBe(one.tags);
  });
});

describe('the host among tags', () => {
  it('is the last one of several', () => {
    const spelling = tagSpelling();
    const pairs = [
      ['host', 'a'],
      ['plan', 'pro'],
      ['host', 'b'],
      ['zone', '1'],
    ] as const;
    expect(spelling.join(pairs)).toBe('plan:pro,host:b,zone:1');
  });

  it('is taken out wherever it stands, and nothing else', () => {
    const found = { host: 'b', tags: 'plan:pro,zone:1' };
    expect(splitTags('host:b,plan:pro,zone:1')).toEqual(found);
    expect(splitTags('plan:pro,host:b,zone:1')).toEqual(found);
    expect(splitTags('plan:pro,zone:1,host:b')).toEqual(found);
    expect(splitTags('host:b')).toEqual({ host: 'b', tags: '' });
    expect(splitTags('localhost:b')).toEqual({ host: '', tags: 'localhost:b' });
  });
});
