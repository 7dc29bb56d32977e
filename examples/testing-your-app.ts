// What your own code records, checked in a test.                                   pnpm example testing-your-app
import { metrics } from '@opentelemetry/api';
import { configureMetrics, metrics as tallykit } from '@tallykit/metrics';
import { assertCounted, assertGauged, assertTimed, collect } from '@tallykit/testkit';

// Some code of yours, which knows nothing of tests.
async function placeOrder(plan: string, items: number): Promise<void> {
  await tallykit.time('db.insert', () => Promise.resolve(items), { tags: { table: 'orders' } });
  if (items === 0) tallykit.incr('orders', 1, { tags: { status: 'rejected' } });
  else tallykit.incr('orders', 1, { tags: { status: 'ok', plan } });
  tallykit.gauge('basket.items', items);
}

// In a test's set-up: everything goes into memory. No exporter, no socket, no timer, and nothing to close.
const collected = collect();
configureMetrics({ meterProvider: collected.meterProvider });

await placeOrder('pro', 3);
await placeOrder('free', 1);
await placeOrder('free', 0);

// With node:test, or any other runner. With vitest and Jest:
//   import '@tallykit/testkit/vitest';       // or name '@tallykit/testkit/jest' in Jest's `setupFilesAfterEnv`
//   expect(await collected.read()).toHaveCounted('orders', 2, { status: 'ok' });
const recorded = await collected.read();
assertCounted(recorded, 'orders', 3);
assertCounted(recorded, 'orders', 2, { status: 'ok' });
assertCounted(recorded, 'orders', 0, { status: 'ok', plan: 'enterprise' });
assertGauged(recorded, 'basket.items', 0);
assertTimed(recorded, 'db.insert', 3, { table: 'orders', result: 'success' });
console.log(
  '3 orders, 2 of them ok, none of plan enterprise; 3 timed inserts; 0 items in the last basket: checked',
);

// A check that fails shows what was recorded instead.
try {
  assertCounted(recorded, 'orders', 1, { status: 'failed' });
} catch (error) {
  console.log(`What a failed check says:\n${(error as Error).message}`);
}

// One collection serves many tests; plain OpenTelemetry instruments are collected as well.
await collected.reset();
metrics.setGlobalMeterProvider(collected.meterProvider);
metrics.getMeter('shop').createCounter('emails').add(2, { template: 'receipt' });
assertCounted(await collected.read(), 'emails', 2, { template: 'receipt' });
assertCounted(await collected.read(), 'orders', 0);
console.log('After a reset: 2 emails, counted by an OpenTelemetry counter, and no order: checked');
