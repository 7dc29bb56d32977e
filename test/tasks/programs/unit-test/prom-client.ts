import { test } from 'node:test';
// #region set-up
import { equal } from 'node:assert/strict';
import { Counter, register } from 'prom-client';
// #endregion

const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['plan'] });

// The code under test, which a variable breaks.
function placeOrder(plan: string): void {
  orders.inc({ plan });
}

void test('an order is counted by its plan', async () => {
  placeOrder(process.env.BROKEN ? 'free' : 'pro');
  // #region use
  const { values } = await orders.get();
  equal(values.find(({ labels }) => labels.plan === 'pro')?.value, 1);
  register.resetMetrics();
  // #endregion
});
