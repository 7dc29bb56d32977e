// OTLP: OpenTelemetry's own exporter, with one word.                                           pnpm example otlp
import { metrics as openTelemetry } from '@opentelemetry/api';
import { startMetrics } from '@tallykit/node';
import { startOtlpPrinter } from './support/otlp-printer.ts';

const receiver = await startOtlpPrinter();

// Without `url` it goes to OTEL_EXPORTER_OTLP_ENDPOINT, or http://localhost:4318. The receiver of this example reads JSON.
const { metrics, flush, shutdown } = await startMetrics({
  backend: 'otlp',
  options: { protocol: 'http/json', url: receiver.url, temporalityPreference: 'delta' },
  resource: { 'service.name': 'shop' },
  runtime: true, // metrics of Node itself: event loop, heap, garbage collection
});

metrics.incr('orders', 3, { tags: { plan: 'pro' } });
metrics.timing('db.query', 14.2);
openTelemetry.getMeter('your-own-code').createCounter('logins').add(2);

console.log('flush:', await flush({ timeoutMillis: 5_000 }));
await shutdown();
await receiver.close();
