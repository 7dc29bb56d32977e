import { test } from 'node:test';
// #region set-up
import { configureMetrics, metrics } from '@tallykit/metrics';
import { assertCounted, collect } from '@tallykit/testkit';

const collected = collect();
configureMetrics({ meterProvider: collected.meterProvider });
// #endregion

// The code under test, which a variable breaks.
function placeOrder(plan: string): void {
  metrics.incr('orders', 1, { tags: { plan } });
}

void test('an order is counted by its plan', async () => {
  placeOrder(process.env.BROKEN ? 'free' : 'pro');
  // #region use
  assertCounted(await collected.read(), 'orders', 1, { plan: 'pro' });
  await collected.reset();
  // #endregion
});
