// Calls before a MeterProvider exists, between two of them, and none after a registration. Prints what each one got.
import { metrics as api } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { metrics } from '@tallykit/metrics';

const bound = metrics.counter('bound', { route: 'cart' });
let depth = 0;
metrics.observe('depth', () => depth);

function record(times: number): void {
  for (let call = 0; call < times; call += 1) {
    metrics.incr('orders', 2, { tags: { plan: 'pro' } });
    metrics.upDown('carts', 1);
    bound.incr();
    metrics.timing('query', 10);
    metrics.distribution('upload', 5);
  }
  metrics.gauge('temperature', -times);
  depth = times;
}

function createProvider(): [MeterProvider, InMemoryMetricExporter] {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  return [new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] }), exporter];
}

function print(provider: string, exporter: InMemoryMetricExporter): void {
  const totals = new Map<string, number>();
  for (const resource of exporter.getMetrics()) {
    for (const { descriptor, dataPoints } of resource.scopeMetrics.flatMap((scope) => scope.metrics)) {
      for (const { value } of dataPoints) {
        const amount = typeof value === 'number' ? value : value.count;
        const isGauge = descriptor.name === 'temperature' || descriptor.name === 'depth';
        totals.set(descriptor.name, isGauge ? amount : (totals.get(descriptor.name) ?? 0) + amount);
      }
    }
  }
  console.log(JSON.stringify({ provider, ...Object.fromEntries(totals) }));
}

record(3);
const [first, exportedFirst] = createProvider();
api.setGlobalMeterProvider(first);
await first.forceFlush();
print('first', exportedFirst);

record(1);
await first.forceFlush();
print('first again', exportedFirst);

api.disable();
record(5);
const [second, exportedSecond] = createProvider();
api.setGlobalMeterProvider(second);
await second.forceFlush();
print('second', exportedSecond);
print('first at the end', exportedFirst);

// Neither provider is shut down, and nothing calls process.exit: the program ends by itself.
const { recorded, handed, held, refused } = metrics.stats();
console.log(JSON.stringify({ recorded, handed, held, refused }));
