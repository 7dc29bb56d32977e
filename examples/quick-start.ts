// Record with one API, export to StatsD.                                          pnpm example quick-start
import { metrics as openTelemetry } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { metrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const server = await startStatsdPrinter();

// Once, at the start of the program: a stock MeterProvider with the exporter of your choice.
const exporter = new StatsdMetricExporter({ host: '127.0.0.1', port: server.port });
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 })],
});
openTelemetry.setGlobalMeterProvider(meterProvider);

// Anywhere in the program.
for (let order = 0; order < 1_000; order += 1) metrics.incr('orders.created', 1, { tags: { plan: 'pro' } });
metrics.incr('orders.items', 3, { tags: { plan: 'pro' }, instance: 'web-1' });
metrics.upDown('requests.active', 1);
metrics.gauge('queue.depth', 12);
metrics.timing('db.query', 14.2, { tags: { table: 'orders' } });
metrics.distribution('upload.size', 52_001, { unit: 'By' });

// At the end: everything that is still held is sent.
console.log('Six metrics, 1,005 calls. What went over the wire:');
await meterProvider.shutdown();
await server.close();
