import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const meter = metrics.getMeter('shop');
// #endregion

const app = fastify();
// #region set-up
app.addHook('onClose', () => sdk.shutdown());
// #endregion
// #region use
const orders = meter.createCounter('orders');
// #endregion
app.post('/orders', () => {
  // #region use
  orders.add(1);
  // #endregion
  return 'placed';
});
await listen(app);
