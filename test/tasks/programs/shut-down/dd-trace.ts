import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import tracer from 'dd-trace';

tracer.init();
// #endregion

const app = fastify();
app.post('/orders', () => {
  // #region use
  tracer.dogstatsd.increment('orders');
  // #endregion
  return 'placed';
});
await listen(app);
