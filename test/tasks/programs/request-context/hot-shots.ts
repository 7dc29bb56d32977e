import { fastify } from 'fastify';
import { listen, query, tenantOf } from '../shop.ts';
// #region set-up
import { AsyncLocalStorage } from 'node:async_hooks';
import { StatsD } from 'hot-shots';

const client = new StatsD();
const requestTags = new AsyncLocalStorage<Record<string, string>>();
// #endregion

const app = fastify();
// #region set-up
app.addHook('onRequest', (request, _, done) => requestTags.run({ tenant: tenantOf(request) }, done));
// #endregion

// It is called far away from the request.
function countOrder(): void {
  // #region use
  client.increment('orders', requestTags.getStore());
  // #endregion
}

async function placeOrder(): Promise<string> {
  await query('insert');
  countOrder();
  return 'placed';
}
app.post('/orders', placeOrder);
app.addHook('onClose', (_, done) => client.close(done));
await listen(app);
