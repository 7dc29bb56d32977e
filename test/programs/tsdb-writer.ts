// Records in the store of a fleet what the test says on standard input: one number of rounds a line. After each line it
// prints what Redis has of it.
import { createInterface } from 'node:readline';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';

const store = new TimeseriesStore({ redis: process.env['REDIS_URL']! });
const exporter = new TimeseriesMetricExporter({ store });
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
const meter = provider.getMeter('writer');
const jobs = meter.createCounter('jobs');
const size = meter.createHistogram('size', { unit: 'By' });
const active = meter.createUpDownCounter('active');
const fraction = meter.createCounter('fraction');

for await (const line of createInterface({ input: process.stdin })) {
  for (let round = 0; round < Number(line); round += 1) {
    jobs.add(1, { queue: round % 2 ? 'mail' : 'push' });
    size.record(1 + (round % 100));
    active.add(1);
    fraction.add(0.1);
  }
  await provider.forceFlush();
  console.log(JSON.stringify(store.stats().redis));
}
await provider.shutdown();
await store.shutdown();
