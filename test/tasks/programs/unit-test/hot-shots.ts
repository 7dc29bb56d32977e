import { test } from 'node:test';
// #region set-up
import { deepEqual } from 'node:assert/strict';
import { StatsD } from 'hot-shots';

const client = new StatsD({ mock: true });
// #endregion

// The code under test, which a variable breaks.
function placeOrder(plan: string): void {
  client.increment('orders', { plan });
}

void test('an order is counted by its plan', async () => {
  placeOrder(process.env.BROKEN ? 'free' : 'pro');
  // #region use
  deepEqual(client.mockBuffer, ['orders:1|c|#plan:pro']);
  client.mockBuffer = [];
  // #endregion
});
