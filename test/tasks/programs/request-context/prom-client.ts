import { fastify } from 'fastify';
import { listen, query, tenantOf } from '../shop.ts';
// #region set-up
import { AsyncLocalStorage } from 'node:async_hooks';
import { Counter, register } from 'prom-client';

const requestTags = new AsyncLocalStorage<Record<string, string>>();
// #endregion

const app = fastify();
// #region set-up
app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
app.addHook('onRequest', (request, _, done) => requestTags.run({ tenant: tenantOf(request) }, done));
// #endregion

// #region use
const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['tenant'] });
// #endregion
// It is called far away from the request.
function countOrder(): void {
  // #region use
  orders.inc(requestTags.getStore() ?? {});
  // #endregion
}

async function placeOrder(): Promise<string> {
  await query('insert');
  countOrder();
  return 'placed';
}
app.post('/orders', placeOrder);
await listen(app);
