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
const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['user'] });
// #endregion
// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  orders.inc({ user });
  // #endregion
}

await listen(app);
