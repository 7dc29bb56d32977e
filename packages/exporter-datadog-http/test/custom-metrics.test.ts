import { startDatadogIntake } from '@tallykit/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  describeSeriesTable,
  IdentityCounts,
  recordEachKind,
  type Identities,
  type MetricWriter,
} from '../../../test/custom-metrics.ts';
import { DatadogHttpMetricExporter, type DatadogHttpMetricExporterOptions } from '../src/index.ts';

/**
 * Every writer records the same four metrics. Returns what Datadog counts: names with their host and tags (documentation,
 * "Custom Metrics Billing"), by metric without its suffix.
 */
async function identitiesOf(
  writers: readonly MetricWriter<DatadogHttpMetricExporterOptions>[],
): Promise<Identities> {
  const intake = await startDatadogIntake();
  onTestFinished(() => intake.close());
  for (const { options, resource } of writers) {
    const settings = { apiKey: 'key', url: intake.url, hostname: 'web-1', ...options };
    // oxlint-disable-next-line no-await-in-loop -- one writer after the other is enough
    await recordEachKind(new DatadogHttpMetricExporter(settings), resource);
  }
  const identities = new IdentityCounts();
  for (const { content } of intake.payloads) {
    const { series, sketches, distributions } = content;
    for (const { metric, host, tags } of [...series, ...sketches, ...distributions]) {
      identities.add(metric.split('.')[0]!, metric, host, ...tags);
    }
  }
  return identities.sorted();
}

const MODES: Readonly<Record<string, DatadogHttpMetricExporterOptions>> = {
  default: {},
  "`histograms: 'points'`": { histograms: 'points' },
  "`histograms: 'aggregates'`": { histograms: 'aggregates' },
  '`processTag: false`': { processTag: false },
  "`'aggregates'` and `processTag: false`": { histograms: 'aggregates', processTag: false },
};

describeSeriesTable(new URL('../docs/custom-metrics-and-cost.md', import.meta.url), MODES, identitiesOf);

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
