import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import { StatsD } from 'hot-shots';

const client = new StatsD();
// #endregion

const app = fastify();
// #region set-up
app.addHook('onClose', (_, done) => client.close(done));
// #endregion
app.post('/orders', () => {
  // #region use
  client.increment('orders');
  // #endregion
  return 'placed';
});
await listen(app);
