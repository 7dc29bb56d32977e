import { fastify } from 'fastify';
import { listen } from '../shop.ts';
// #region set-up
import { Counter, register } from 'prom-client';
// #endregion

const app = fastify();
// #region set-up
app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
// #endregion

// #region use
const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['plan'] });
// #endregion
for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  orders.inc({ plan });
  // #endregion
}

await listen(app);
