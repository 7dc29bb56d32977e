import { setTimeout } from 'node:timers/promises';
import { fastify } from 'fastify';
import { Counter, Gauge, Histogram, register } from 'prom-client';

register.setDefaultLabels({ team: 'growth' });
const orders = new Counter({ name: 'orders_total', help: 'Orders', labelNames: ['plan'] });
const items = new Counter({ name: 'order_items_total', help: 'Items of orders' });
const depth = new Gauge({ name: 'queue_depth', help: 'Jobs that wait' });
const carts = new Gauge({ name: 'carts_open', help: 'Open carts' });
const queries = new Histogram({ name: 'db_query_seconds', help: 'Queries', labelNames: ['table'] });
const mails = new Histogram({ name: 'mail_seconds', help: 'Mails' });

for (const plan of ['pro', 'pro', 'free']) orders.inc({ plan });
items.inc(10);
depth.set(12);
depth.set(7);
for (let cart = 0; cart < 3; cart += 1) carts.inc();
carts.dec();
for (const seconds of [0.0125, 0.03, 0.0055]) queries.observe({ table: 'orders' }, seconds);

async function sendMail(): Promise<void> {
  const end = mails.startTimer();
  try {
    await setTimeout(20);
  } finally {
    end();
  }
}
await sendMail();

const app = fastify();
app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
process.once('SIGTERM', () => app.close());
const port = Number(process.env.PORT ?? 3000);
console.log(`listening at ${await app.listen({ host: '127.0.0.1', port })}`);
