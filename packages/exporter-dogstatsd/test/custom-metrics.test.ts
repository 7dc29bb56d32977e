import { parseDogStatsdPayload } from '@tallykit/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  describeSeriesTable,
  IdentityCounts,
  recordEachKind,
  type Identities,
  type MetricWriter,
} from '../../../test/custom-metrics.ts';
import { DogStatsdMetricExporter, type DogStatsdFormatOptions } from '../src/index.ts';
import { startAgent } from './subject.ts';

/** Every writer records the same four metrics. Returns names and tags of the lines that an Agent gets, by name. */
async function identitiesOf(writers: readonly MetricWriter<DogStatsdFormatOptions>[]): Promise<Identities> {
  const { server, url } = await startAgent('udp');
  onTestFinished(() => server.close());
  for (const [index, { options, resource }] of writers.entries()) {
    const end = `end${index}`;
    // oxlint-disable-next-line no-await-in-loop -- one writer after the other is enough
    await recordEachKind(new DogStatsdMetricExporter({ url, ...options }), resource, end);
    // oxlint-disable-next-line no-await-in-loop
    await server.until((payloads) => payloads.join('\n').includes(`${end}:`));
  }
  const identities = new IdentityCounts();
  for (const message of server.take().flatMap((payload) => parseDogStatsdPayload(payload))) {
    if (message.kind !== 'metric') continue;
    const tags = Object.entries(message.tags).map(([key, value]) => `${key}:${value}`);
    identities.add(message.name, message.name, ...tags.toSorted());
  }
  return identities.sorted();
}

const MODES: Readonly<Record<string, DogStatsdFormatOptions>> = {
  default: {},
  "`processTag: 'gauges'`": { processTag: 'gauges' },
  '`processTag: false`': { processTag: false },
  '`timestamps: true`': { timestamps: true },
  "`histograms: 'histogram'`": { histograms: 'histogram' },
};

describeSeriesTable(new URL('../docs/custom-metrics.md', import.meta.url), MODES, identitiesOf);

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
