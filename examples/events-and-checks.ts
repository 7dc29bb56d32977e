// Events and service checks, besides metrics.                                 pnpm example events-and-checks
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { createMetrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const agent = await startStatsdPrinter();
const exporter = new DogStatsdMetricExporter({
  host: '127.0.0.1',
  port: agent.port,
  tags: { service: 'shop' },
});
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });

// With the API: hand it the exporter, and events go where metrics go.
const metrics = createMetrics({ meterProvider, events: exporter, tags: { region: 'eu' } });
metrics.event('Deploy', 'v42 is live', { alertType: 'success', tags: { team: 'growth' } });
metrics.incr('deploys');

// Without it: the exporter takes them itself. A text may have lines, pipes, anything.
exporter.event({
  title: 'Nightly import',
  text: 'rows | 12,044\nfailed | 3',
  alertType: 'warning',
  priority: 'low',
  aggregationKey: 'nightly-import',
});

// Whether something works: Datadog's monitors watch these.
exporter.serviceCheck({ name: 'shop.can_connect', status: 'ok', tags: { database: 'orders' } });
exporter.serviceCheck({ name: 'shop.disk', status: 'critical', message: 'no space left on /var' });

// What is none, or longer than 8 KB, is refused, said through `diag` and counted. Nothing else is disturbed.
exporter.event({ title: 'Too long', text: 'x'.repeat(10_000) });

console.log('What went over the wire:');
await meterProvider.shutdown();
await agent.close();
const { exported, dropped } = exporter.stats().events;
console.log(`events and checks: ${exported.points} sent, ${dropped.points} refused`);
