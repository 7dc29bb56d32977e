import { test } from 'node:test';
// #region set-up
import { deepEqual } from 'node:assert/strict';
import { mock } from 'node:test';
import tracer from 'dd-trace';

const increment = mock.method(tracer.dogstatsd, 'increment');
// #endregion

// The code under test, which a variable breaks.
function placeOrder(plan: string): void {
  tracer.dogstatsd.increment('orders', 1, { plan });
}

void test('an order is counted by its plan', async () => {
  placeOrder(process.env.BROKEN ? 'free' : 'pro');
  // #region use
  deepEqual(increment.mock.calls[0]?.arguments, ['orders', 1, { plan: 'pro' }]);
  increment.mock.resetCalls();
  // #endregion
});
