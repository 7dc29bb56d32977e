import { test } from 'node:test';
// #region set-up
import { equal } from 'node:assert/strict';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter });
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
// #endregion

const orders = metrics.getMeter('shop').createCounter('orders');

// The code under test, which a variable breaks.
function placeOrder(plan: string): void {
  orders.add(1, { plan });
}

void test('an order is counted by its plan', async () => {
  placeOrder(process.env.BROKEN ? 'free' : 'pro');
  // #region use
  await reader.forceFlush();
  const [counter] = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
  equal(counter?.dataPoints.find(({ attributes }) => attributes.plan === 'pro')?.value, 1);
  exporter.reset();
  // #endregion
});
