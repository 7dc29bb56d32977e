// Straight to Datadog, without an Agent. With DD_API_KEY it sends to your account.     pnpm example datadog-http
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { createMetrics } from '@tallykit/metrics';
import { startDatadogIntake } from '@tallykit/testkit';

// Without a key, a fake intake in this process stands in for Datadog.
const intake = process.env['DD_API_KEY'] ? undefined : await startDatadogIntake();

const exporter = new DatadogHttpMetricExporter({
  ...(intake && { apiKey: 'any', url: intake.url }),
  prefix: 'tallykit.example.',
  tags: { env: 'test' },
  processTag: false,
});
const { valid, reason } = await exporter.validate();
console.log(valid ? 'The API key is right.' : reason);

const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
const meterProvider = new MeterProvider({ readers: [reader] });
const metrics = createMetrics({ meterProvider });

metrics.incr('orders', 3, { tags: { plan: 'pro', region: 'eu' } });
metrics.gauge('queue.depth', 12, { unit: '{message}' });
for (let query = 1; query <= 1000; query += 1) metrics.timing('db.query', 10 + (query % 90));
exporter.event({ title: 'Deploy', text: 'v42 is live', alertType: 'success', tags: { service: 'shop' } });

await meterProvider.shutdown();
const { exported, pending, dropped, events } = exporter.stats();
console.log(JSON.stringify({ exported, pending, dropped, events: events.exported.points }));

for (const { path, sentBytes, body, content } of intake?.payloads ?? []) {
  console.log(`\n${path}: ${body.length} bytes, sent as ${sentBytes}`);
  const { series, sketches, events: arrived } = content;
  for (const { metric, type, points, tags } of series)
    console.log(' ', type, metric, points[0]?.value, tags.join(' '));
  for (const { metric, count, sum, min, max, keys } of sketches)
    console.log(' ', 'sketch', metric, JSON.stringify({ count, sum, min, max, bins: keys.length }));
  for (const { title, text } of arrived) console.log(' ', title, '·', text);
}
await intake?.close();
