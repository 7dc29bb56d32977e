import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import metrics from 'datadog-metrics';

metrics.init();
// #endregion

const app = fastify();
app.post('/orders', () => {
  // #region use
  metrics.increment('orders');
  // #endregion
  return 'placed';
});
await listen(app);
