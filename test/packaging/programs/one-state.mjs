// One process with both copies of @tallykit/metrics. Prints what the exporters got.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { metrics as api } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import * as imported from '@tallykit/metrics';

const required = createRequire(import.meta.url)('@tallykit/metrics');
assert.notEqual(imported.metrics, required.metrics, 'both module systems got the same copy');

function provide() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  return { exporter, meterProvider };
}

function totals(exporter) {
  const { scopeMetrics } = exporter.getMetrics().at(-1);
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [descriptor.name, attributes, value]),
    ),
  );
}

function record({ metrics }, own) {
  for (let call = 0; call < 1000; call += 1) {
    metrics.incr('orders', 1, { tags: { plan: 'pro' } });
    own.incr('orders', 1, { tags: { plan: 'pro' } });
  }
}

// The default metrics are configured in one copy, and recorded in both before and after their provider is there.
const shared = provide();
const given = provide();
const ownOf = ({ createMetrics }) => createMetrics({ meterProvider: given.meterProvider });
const [ownImported, ownRequired] = [ownOf(imported), ownOf(required)];
required.configureMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
record(imported, ownImported);
record(required, ownRequired);
api.setGlobalMeterProvider(shared.meterProvider);
record(imported, ownImported);
record(required, ownRequired);
required.metrics.withTags({ tenant: 'acme' }, () => imported.metrics.incr('hits'));

// A producer of one copy collects what both copies record.
function produce({ createMetricProducer }, { createMetrics }) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const producer = createMetricProducer({ exporter });
  const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] });
  return {
    exporter,
    provider: new MeterProvider({ readers: [reader] }),
    own: createMetrics({ producers: [producer] }),
    producer,
  };
}
const requiredProducer = createRequire(import.meta.url)('@tallykit/metrics/producer');
const produced = produce(requiredProducer, imported);
for (const own of [produced.own, required.createMetrics({ producers: [produced.producer] })]) {
  for (let call = 0; call < 500; call += 1) {
    own.incr('orders', 1, { tags: { plan: 'pro' } });
    own.timing('query', 2);
    own.gauge('depth', call);
  }
  own.observe(`observed.${own === produced.own}`, () => 7);
}
await produced.provider.forceFlush();
const producedTotals = totals(produced.exporter).map(([name, , value]) => [name, value.count ?? value]);

await shared.meterProvider.forceFlush();
await given.meterProvider.forceFlush();
console.log(
  JSON.stringify({
    shared: totals(shared.exporter),
    given: totals(given.exporter),
    produced: producedTotals,
  }),
);
