import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics } = await startMetrics({ shutdownOn: ['SIGTERM'] });
// #endregion

const app = fastify();
app.post('/orders', () => {
  // #region use
  metrics.incr('orders');
  // #endregion
  return 'placed';
});
await listen(app);
