import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { parseDogStatsdPayload, startDatadogIntake, startUdpServer } from '@tallykit/testkit';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';

afterEach(() => void vi.unstubAllEnvs());

async function record(exporter: PushMetricExporter): Promise<void> {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const resource = resourceFromAttributes({ 'service.name': 'of resource', 'service.version': '1.2' });
  const provider = new MeterProvider({ readers: [reader], resource });
  const meter = provider.getMeter('test');
  meter.createCounter('5xx').add(3, { route: 'cart' });
  await provider.shutdown();
}

test.for([
  ['team:a,urgent', ['team:a', 'urgent']],
  ['region:eu_west team:a\turgent\n', ['region:eu_west', 'team:a', 'urgent']],
  ['service:weak,version:weak,env:weak, url:http://x ,urgent\n', ['url:http://x', 'urgent']],
] as const)('both exporters for Datadog read the same environment: DD_TAGS=%j', async ([text, tags]) => {
  vi.stubEnv('DD_TAGS', text);
  vi.stubEnv('DD_ENV', 'prod\n');
  vi.stubEnv('DD_SERVICE', ' shop');
  const agent = await startUdpServer();
  const intake = await startDatadogIntake();
  onTestFinished(async () => {
    await agent.close();
    await intake.close();
  });
  vi.stubEnv('DD_AGENT_HOST', ' 127.0.0.1\n');
  vi.stubEnv('DD_DOGSTATSD_PORT', `${agent.port}\n`);

  await record(new DogStatsdMetricExporter());
  await agent.until((payloads) => payloads.length > 0);
  const lines = agent.take().flatMap((payload) => parseDogStatsdPayload(payload));
  await record(
    new DatadogHttpMetricExporter({ apiKey: 'key', url: intake.url, hostname: '', processTag: false }),
  );
  const series = intake.take().flatMap(({ content }) => content.series);

  const expected = [...tags, 'env:prod', 'route:cart', 'service:shop', 'version:1.2'].toSorted();
  expect(series.map(({ metric, tags: sent }) => [metric, sent.toSorted()])).toEqual([['m_5xx', expected]]);
  const textOf = ([key, value]: readonly [string, unknown]) =>
    value === '' ? key : `${key}:${String(value)}`;
  expect(
    lines.map(
      (line) => line.kind === 'metric' && [line.name, Object.entries(line.tags).map(textOf).toSorted()],
    ),
  ).toEqual([['m_5xx', expected]]);
});
