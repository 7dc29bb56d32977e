// The DogStatsD exporter's options.                                                 pnpm example dogstatsd
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { DogStatsdMetricExporter, type DogStatsdFormatOptions } from '@tallykit/exporter-dogstatsd';
import { createMetrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

// Stands in for a Datadog Agent on UDP.
const agent = await startStatsdPrinter();

// Datadog's tags `service`, `env` and `version` come from here, or from DD_SERVICE, DD_ENV and DD_VERSION.
const resource = resourceFromAttributes({
  'service.name': 'shop',
  'service.version': '1.2.3',
  'deployment.environment.name': 'test',
});

/** Records the same things each time, and exports them with these options. */
async function show(options: DogStatsdFormatOptions): Promise<void> {
  console.log(`new DogStatsdMetricExporter(${JSON.stringify(options)})`);
  const exporter = new DogStatsdMetricExporter({ host: '127.0.0.1', port: agent.port, ...options });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
  const meterProvider = new MeterProvider({ resource, readers: [reader] });
  const metrics = createMetrics({ meterProvider });

  metrics.incr('orders', 3, { tags: { plan: 'pro' } });
  metrics.gauge('freezer', -18.5);
  // Seven values become three samples, one of them with a rate: the Agent counts it five times.
  for (const millis of [12, 40, 40, 40, 40, 40, 95]) metrics.timing('db.query', millis);

  await meterProvider.shutdown();
  const { exported, pending, dropped } = exporter.stats();
  console.log(`  → ${JSON.stringify({ exported, pending, dropped })}\n`);
}

// As every Agent understands it: distributions, whose percentiles hold over all hosts.
await show({});

// Histograms of each host, in milliseconds; a prefix, and tags of the whole process.
await show({ histograms: 'timing', prefix: 'shop.', tags: { region: 'eu' } });

// For newer Agents: packed values, times, and where the data comes from.
await show({ valuePacking: true, timestamps: true, containerId: '0123abcd', cardinality: 'low' });

await agent.close();
