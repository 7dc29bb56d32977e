import { fastify } from 'fastify';
import { listen, query, tenantOf } from '../shop.ts';
// #region set-up
import { AsyncLocalStorage } from 'node:async_hooks';
import tracer from 'dd-trace';

tracer.init();
const requestTags = new AsyncLocalStorage<Record<string, string>>();
// #endregion

const app = fastify();
// #region set-up
app.addHook('onRequest', (request, _, done) => requestTags.run({ tenant: tenantOf(request) }, done));
// #endregion

// It is called far away from the request.
function countOrder(): void {
  // #region use
  tracer.dogstatsd.increment('orders', 1, requestTags.getStore());
  // #endregion
}

async function placeOrder(): Promise<string> {
  await query('insert');
  countOrder();
  return 'placed';
}
app.post('/orders', placeOrder);
await listen(app);
