import type { Attributes } from '@opentelemetry/api';
import type { Metric, Value } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { HOST_1 } from '../../exporter-base/test/processes.ts';
import { explicitHistogram } from '../../exporter-base/test/record.ts';
import type { DogStatsdMetricExporterOptions } from '../src/index.ts';
import { readOptions } from '../src/options.ts';
import { createTranslator } from '../src/translate.ts';

const about = { isUpDown: false, name: 'n', unit: '', description: '', scope: { name: 'test' } };
const COUNTER: Metric = { ...about, type: 'sum' };
const UP_DOWN: Metric = { ...about, type: 'gauge', isUpDown: true };
const GAUGE: Metric = { ...about, type: 'gauge' };
const HISTOGRAM: Metric = { ...about, type: 'histogram' };

interface Given {
  readonly options?: DogStatsdMetricExporterOptions;
  readonly variables?: Record<string, string>;
  readonly resource?: Attributes;
}

function translatorOf({ options = {}, variables = {} }: Given) {
  return createTranslator({ ...readOptions(options, variables), ownProcess: HOST_1 });
}

function tagsOf(metric: Metric, given: Given = {}, attributes: Attributes = { k: 'v' }): string {
  return translatorOf(given)(given.resource ?? {})(metric).tags.write(attributes);
}

it('names are prefix and name, made safe', () => {
  const translate = translatorOf({ options: { prefix: 'shop: ' } })({});
  expect(translate({ ...COUNTER, name: 'a/b c' }).name).toBe('shop__a_b_c');
});

it('increases of zero and histograms without values are left out', () => {
  const translate = translatorOf({})({});
  const filter = (metric: Metric, value: Value) => translate(metric).filter(value);
  expect(filter(COUNTER, 0)).toBe('nothing');
  expect(filter(HISTOGRAM, explicitHistogram({}))).toBe('nothing');
  expect([
    filter(COUNTER, 0.5),
    filter(GAUGE, 0),
    filter(UP_DOWN, 0),
    filter(HISTOGRAM, explicitHistogram({ counts: [1, 0, 0], count: 1, sum: -3 })),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

describe('the process tag', () => {
  const withTag = '|#k:v,process:host-1';
  const without = '|#k:v';

  it('is on what processes would overwrite for each other', () => {
    const tags = (options: DogStatsdMetricExporterOptions) =>
      [COUNTER, UP_DOWN, GAUGE, HISTOGRAM].map((metric) => tagsOf(metric, { options }));
    expect(tags({})).toEqual([without, withTag, without, without]);
    expect(tags({ processTag: 'gauges' })).toEqual([without, withTag, withTag, without]);
    expect(tags({ processTag: false })).toEqual([without, without, without, without]);
    // Of two points of one second only one stays.
    expect(tags({ timestamps: true })).toEqual([withTag, withTag, withTag, without]);
    expect(tags({ timestamps: true, processTag: false })).toEqual([without, without, without, without]);
  });

  it('is the service instance if the resource knows it', () => {
    expect(tagsOf(UP_DOWN, { resource: { 'service.instance.id': 'i-7' } })).toBe('|#k:v,process:i-7');
    expect(tagsOf(UP_DOWN, { resource: { 'service.instance.id': '' } })).toBe(withTag);
  });

  it("leaves a point's own tag of that name alone", () => {
    expect(tagsOf(UP_DOWN, {}, { process: 'mine' })).toBe('|#process:mine');
  });
});

describe('tags', () => {
  it('are those of Datadog for service, environment and version of the resource', () => {
    const resource = {
      'service.name': 'shop',
      'service.version': '1.2.3',
      'deployment.environment.name': 'prod',
      'host.name': 'web-1',
    };
    expect(tagsOf(COUNTER, { resource })).toBe('|#env:prod,k:v,service:shop,version:1.2.3');
    expect(tagsOf(COUNTER, { resource: { 'deployment.environment': 'test' } })).toBe('|#env:test,k:v');
    expect(
      tagsOf(COUNTER, {
        resource: { 'deployment.environment': 'old', 'deployment.environment.name': 'new' },
      }),
    ).toBe('|#env:new,k:v');
  });

  it('say nothing of a service that nobody named', () => {
    expect(tagsOf(COUNTER, { resource: { 'service.name': 'unknown_service:node' } })).toBe('|#k:v');
  });

  it('of stronger sources win: DD_TAGS, resource, DD_SERVICE, `tags`, `resourceTags`, the point', () => {
    const key = 'service';
    const sources: Given[] = [
      { variables: { DD_TAGS: 'service:dd-tags' } },
      { resource: { 'service.name': 'resource' } },
      { variables: { DD_SERVICE: 'dd-service' } },
      { options: { tags: { service: 'tags' } } },
      { options: { resourceTags: ['service'] }, resource: { service: 'resource-tags' } },
    ];
    const values = ['dd-tags', 'resource', 'dd-service', 'tags', 'resource-tags'];
    for (const [index, value] of values.entries()) {
      const given = sources.slice(0, index + 1).reduce((all, one) => ({
        options: { ...all.options, ...one.options },
        variables: { ...all.variables, ...one.variables },
        resource: { ...all.resource, ...one.resource },
      }));
      expect(tagsOf(COUNTER, given, {})).toBe(`|#${key}:${value}`);
      expect(tagsOf(COUNTER, given, { service: 'point' })).toBe('|#service:point');
    }
  });

  it('of the resource are those chosen', () => {
    const resource = { 'k8s.pod.name': 'web-7', secret: 'x' };
    const options = { resourceTags: ['k8s.pod.name', 'none'] };
    expect(tagsOf(COUNTER, { options, resource })).toBe('|#k:v,k8s.pod.name:web-7');
  });

  it('come from DD_ENV, DD_SERVICE, DD_VERSION, DD_ENTITY_ID and DD_TAGS, with commas or spaces', () => {
    const variables = { DD_ENV: 'prod', DD_SERVICE: 'shop', DD_VERSION: '2', DD_ENTITY_ID: 'pod-1' };
    expect(tagsOf(COUNTER, { variables }, {})).toBe(
      '|#dd.internal.entity_id:pod-1,env:prod,service:shop,version:2',
    );
    for (const DD_TAGS of ['team:a,url:http://x/y z, canary ,,:no', 'team:a  url:http://x/y canary :no']) {
      const url = DD_TAGS.includes('y z') ? 'http://x/y z' : 'http://x/y';
      expect(tagsOf(COUNTER, { variables: { DD_TAGS } }, {})).toBe(`|#team:a,url:${url},canary`);
    }
  });

  it('of DD_TAGS and DATADOG_TAGS have all their values, until something stronger has the tag', () => {
    const variables = { DD_TAGS: 'team:a,team:b,team:a', DATADOG_TAGS: 'zone:x,zone:y,team:c' };
    expect(tagsOf(COUNTER, { variables }, {})).toBe('|#team:a,team:b,zone:x,zone:y');
    expect(tagsOf(COUNTER, { variables: { DD_TAGS: 'team:a team:b' } }, {})).toBe('|#team:a,team:b');
    expect(tagsOf(COUNTER, { variables }, { team: 'point' })).toBe('|#team:point,zone:x,zone:y');
    expect(tagsOf(COUNTER, { variables, options: { tags: { team: 'code' } } }, {})).toBe(
      '|#team:code,zone:x,zone:y',
    );
  });

  it('follow a resource that changes', () => {
    const translator = translatorOf({ options: { resourceTags: ['region'] } });
    const tags = (region: string) => translator({ region })(COUNTER).tags.write({});
    expect([tags('eu'), tags('us'), tags('eu')]).toEqual(['|#region:eu', '|#region:us', '|#region:eu']);
  });

  it('are written by the same writer while the resource says the same', () => {
    const translator = translatorOf({});
    const writer = translator({ 'service.name': 'shop' })(COUNTER).tags;
    expect(translator({ 'service.name': 'shop', other: 1 })(GAUGE).tags).toBe(writer);
  });
});
