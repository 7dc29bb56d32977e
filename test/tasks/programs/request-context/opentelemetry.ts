import { fastify } from 'fastify';
import { listen, query, tenantOf } from '../shop.ts';
// #region set-up
import { AsyncLocalStorage } from 'node:async_hooks';
import { metrics, type Attributes } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const meter = metrics.getMeter('shop');
const requestTags = new AsyncLocalStorage<Attributes>();
// #endregion

const app = fastify();
// #region set-up
app.addHook('onRequest', (request, _, done) => requestTags.run({ tenant: tenantOf(request) }, done));
// #endregion

// #region use
const orders = meter.createCounter('orders');
// #endregion
// It is called far away from the request.
function countOrder(): void {
  // #region use
  orders.add(1, requestTags.getStore());
  // #endregion
}

async function placeOrder(): Promise<string> {
  await query('insert');
  countOrder();
  return 'placed';
}
app.post('/orders', placeOrder);
app.addHook('onClose', () => sdk.shutdown());
await listen(app);
