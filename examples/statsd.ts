// The StatsD exporter's options.                                                       pnpm example statsd
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter, type StatsdFormatOptions } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const server = await startStatsdPrinter();

/** Records the same things each time, and exports them with these options. */
async function show(options: StatsdFormatOptions): Promise<void> {
  console.log(`new StatsdMetricExporter(${JSON.stringify(options)})`);
  const exporter = new StatsdMetricExporter({ host: '127.0.0.1', port: server.port, ...options });
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const metrics = createMetrics({ meterProvider });

  metrics.incr('orders', 3, { tags: { plan: 'pro', region: 'eu' } });
  metrics.gauge('freezer', -18.5);
  for (const millis of [12, 14, 40]) metrics.timing('db.query', millis);

  await meterProvider.shutdown();
  const { exported, pending, dropped } = exporter.stats();
  console.log(`  → ${JSON.stringify({ exported, pending, dropped })}\n`);
}

// As the reference server, the Datadog Agent and most others understand it.
await show({});

// Where the tags go differs from server to server.
for (const dialect of ['graphite', 'influx', 'signalfx', 'librato', 'none'] as const) await show({ dialect });

// A prefix and tags of the whole process; timings as exact aggregates instead of samples.
await show({ prefix: 'shop.', tags: { env: 'test' }, histograms: 'aggregates' });

await server.close();
