import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { parseDogStatsdPayload } from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { countOf, readTable } from '../../exporter-base/test/readme-table.ts';
import { DogStatsdMetricExporter, type DogStatsdFormatOptions } from '../src/index.ts';
import { startAgent } from './subject.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Every writer records the same four metrics. Returns names and tags of the lines that an Agent gets, by name. */
async function identitiesOf(
  writers: readonly {
    readonly options?: DogStatsdFormatOptions;
    readonly resource?: Record<string, string>;
  }[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { server, url } = await startAgent('udp');
  cleanups.push(() => server.close());
  const identities: Record<string, Set<string>> = {};
  for (const [index, { options, resource = {} }] of writers.entries()) {
    const exporter = new DogStatsdMetricExporter({ url, ...options });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader], resource: resourceFromAttributes(resource) });
    cleanups.push(() => provider.shutdown());
    const meter = provider.getMeter('test');
    meter.createCounter('counter').add(1, { plan: 'pro' });
    meter.createUpDownCounter('updown').add(1, { plan: 'pro' });
    meter.createGauge('gauge').record(1, { plan: 'pro' });
    meter.createHistogram('timing').record(1, { plan: 'pro' });
    meter.createCounter(`end${index}`).add(1);
    // oxlint-disable-next-line no-await-in-loop -- one writer after the other is enough
    await provider.forceFlush();
    // oxlint-disable-next-line no-await-in-loop
    await server.until((payloads) => payloads.join('\n').includes(`end${index}:`));
  }
  for (const message of server.take().flatMap((payload) => parseDogStatsdPayload(payload))) {
    if (message.kind !== 'metric') continue;
    const tags = Object.entries(message.tags).map(([key, value]) => `${key}:${value}`);
    (identities[message.name] ??= new Set()).add([message.name, ...tags.toSorted()].join(' '));
  }
  return Object.fromEntries(Object.entries(identities).map(([name, set]) => [name, [...set].toSorted()]));
}

const MODES: Readonly<Record<string, DogStatsdFormatOptions>> = {
  default: {},
  "`processTag: 'gauges'`": { processTag: 'gauges' },
  '`processTag: false`': { processTag: false },
  '`timestamps: true`': { timestamps: true },
  "`histograms: 'histogram'`": { histograms: 'histogram' },
};
const ROWS = { Counter: 'counter', UpDownCounter: 'updown', Gauge: 'gauge', Histogram: 'timing' } as const;

describe('the number of series', () => {
  const table = readTable(new URL('../README.md', import.meta.url), 'series of n processes');

  it('is stated for every mode and instrument', () => {
    expect(Object.keys(table)).toEqual(Object.keys(MODES));
    for (const column of Object.values(table)) expect(Object.keys(column)).toEqual(Object.keys(ROWS));
  });

  it.each(Object.entries(MODES))('in the mode %s is that of the README', async (mode, options) => {
    const names = ['web-1', 'web-2', 'web-3'];
    const writers = names.map((name) => ({ options, resource: { 'service.instance.id': name } }));
    const identities = await identitiesOf(writers);
    for (const [instrument, cell] of Object.entries(table[mode]!)) {
      const name = ROWS[instrument as keyof typeof ROWS];
      expect([instrument, identities[name]?.length]).toEqual([instrument, countOf(cell, names.length)]);
    }
  });
});

describe('many writers of one series', () => {
  it('are told apart by the task, where that is wanted', async () => {
    const options = { resourceTags: ['aws.ecs.task.family'], processTag: false } as const;
    const identities = await identitiesOf(
      ['a', 'b'].map((family) => ({ options, resource: { 'aws.ecs.task.family': family } })),
    );
    expect(identities['gauge']).toEqual([
      'gauge aws.ecs.task.family:a plan:pro',
      'gauge aws.ecs.task.family:b plan:pro',
    ]);
  });

  it('are told apart by the process, on gauges too where that is wanted', async () => {
    const options = { processTag: 'gauges' } as const;
    const identities = await identitiesOf(
      ['a', 'b'].map((name) => ({ options, resource: { 'service.instance.id': name } })),
    );
    expect(identities['gauge']).toEqual(['gauge plan:pro process:a', 'gauge plan:pro process:b']);
    expect(identities['counter']).toEqual(['counter plan:pro']);
  });

  it('are told apart by the host that a point names', async () => {
    const identities = await identitiesOf(
      ['a', 'b'].map((host) => ({ options: { tags: { host }, processTag: false } as const })),
    );
    expect(identities['gauge']).toEqual(['gauge host:a plan:pro', 'gauge host:b plan:pro']);
  });
});
