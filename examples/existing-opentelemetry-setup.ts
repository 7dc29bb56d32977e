// There is an OpenTelemetry setup already: add the exporter, keep everything else.
//                                                                pnpm example existing-opentelemetry-setup
import { metrics as openTelemetry } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { metrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const server = await startStatsdPrinter();
const statsdReader = (): PeriodicExportingMetricReader =>
  new PeriodicExportingMetricReader({
    exporter: new StatsdMetricExporter({ host: '127.0.0.1', port: server.port }),
    exportIntervalMillis: 10_000,
  });

// 1. With the NodeSDK: one more entry in `metricReaders`.
console.log('NodeSDK:');
const sdk = new NodeSDK({ serviceName: 'shop', metricReaders: [statsdReader()], spanProcessors: [] });
sdk.start();
openTelemetry.getMeter('your-own-code').createCounter('logins').add(2); // what was there stays as it is
metrics.incr('orders', 1, { tags: { plan: 'pro' } }); //                    what is new uses the same MeterProvider
await sdk.shutdown();
openTelemetry.disable();

// 2. With a MeterProvider that somebody else made: one more entry in `readers`. Each reader gets everything, in the
//    temporality that its exporter asks for.
console.log('A MeterProvider with a reader of its own:');
const theirs = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: theirs }), statsdReader()],
});
openTelemetry.setGlobalMeterProvider(meterProvider);
metrics.incr('orders', 40);
await meterProvider.forceFlush();
metrics.incr('orders', 2);
await meterProvider.shutdown();
await server.close();

const [orders] =
  theirs
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
console.log('The other reader, cumulative, has', orders?.descriptor.name, orders?.dataPoints[0]?.value);
