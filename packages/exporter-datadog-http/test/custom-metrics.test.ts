import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { startDatadogIntake } from '@tallykit/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { countOf, readTable } from '../../exporter-base/test/readme-table.ts';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** What Datadog counts: names with their host and tags (documentation, "Custom Metrics Billing"). */
type Identities = Readonly<Record<string, readonly string[]>>;

/** Every writer records the same four metrics. Returns the identities of what arrives, by metric without its suffix. */
async function identitiesOf(
  writers: readonly {
    readonly options?: DatadogHttpMetricExporterOptions;
    readonly resource?: Record<string, string>;
  }[],
): Promise<Identities> {
  const intake = await startDatadogIntake();
  cleanups.push(() => intake.close());
  for (const { options, resource = {} } of writers) {
    const exporter = new DatadogHttpMetricExporter({
      apiKey: 'key',
      url: intake.url,
      hostname: 'web-1',
      ...options,
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader], resource: resourceFromAttributes(resource) });
    cleanups.push(() => provider.shutdown());
    const meter = provider.getMeter('test');
    meter.createCounter('counter').add(1, { plan: 'pro' });
    meter.createUpDownCounter('updown').add(1, { plan: 'pro' });
    meter.createGauge('gauge').record(1, { plan: 'pro' });
    meter.createHistogram('timing').record(1, { plan: 'pro' });
    // oxlint-disable-next-line no-await-in-loop -- one writer after the other is enough
    await provider.forceFlush();
  }
  const all = intake.payloads.flatMap(({ content: { series, sketches, distributions } }) => [
    ...series,
    ...sketches,
    ...distributions,
  ]);
  const identities: Record<string, Set<string>> = {};
  for (const { metric, host, tags } of all) {
    (identities[metric.split('.')[0]!] ??= new Set()).add([metric, host, ...tags].join(' '));
  }
  return Object.fromEntries(Object.entries(identities).map(([name, set]) => [name, [...set].toSorted()]));
}

const MODES: Readonly<Record<string, DatadogHttpMetricExporterOptions>> = {
  default: {},
  "`histograms: 'points'`": { histograms: 'points' },
  "`histograms: 'aggregates'`": { histograms: 'aggregates' },
  '`processTag: false`': { processTag: false },
  "`'aggregates'` and `processTag: false`": { histograms: 'aggregates', processTag: false },
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
  const twoOf = async (writers: Parameters<typeof identitiesOf>[0]) =>
    (await identitiesOf(writers))['counter'];

  it('are told apart by the task', async () => {
    const options = { processTag: false, resourceTags: ['aws.ecs.task.arn'] };
    const arn = 'arn:aws:ecs:eu-west-1:1:task/shop/';
    expect(
      await twoOf(['a', 'b'].map((task) => ({ options, resource: { 'aws.ecs.task.arn': arn + task } }))),
    ).toEqual([
      'counter web-1 plan:pro task_arn:arn:aws:ecs:eu-west-1:1:task/shop/a',
      'counter web-1 plan:pro task_arn:arn:aws:ecs:eu-west-1:1:task/shop/b',
    ]);
  });

  it('are told apart by the host', async () => {
    expect(await twoOf(['a', 'b'].map((hostname) => ({ options: { hostname, processTag: false } })))).toEqual(
      ['counter a plan:pro', 'counter b plan:pro'],
    );
  });

  it('are told apart by the process', async () => {
    expect(await twoOf(['a', 'b'].map((name) => ({ resource: { 'service.instance.id': name } })))).toEqual([
      'counter web-1 plan:pro process:a',
      'counter web-1 plan:pro process:b',
    ]);
  });
});
