import { fastify } from 'fastify';
import { listen, query, tenantOf } from '../shop.ts';
// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics, shutdown } = await startMetrics();
// #endregion

const app = fastify();
// #region set-up
app.addHook('onRequest', (request, _, done) => metrics.withTags({ tenant: tenantOf(request) }, done));
// #endregion

// It is called far away from the request.
function countOrder(): void {
  // #region use
  metrics.incr('orders');
  // #endregion
}

async function placeOrder(): Promise<string> {
  await query('insert');
  countOrder();
  return 'placed';
}
app.post('/orders', placeOrder);
app.addHook('onClose', () => shutdown());
await listen(app);
