import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';
import { fastify } from 'fastify';
import { Counter, Gauge, register } from 'prom-client';

const { metrics, metricsHandler } = await startMetrics({
  backend: 'prometheus',
  options: { preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true },
  tags: { team: 'growth' },
  timingUnit: 's',
});
register.setDefaultLabels({ team: 'growth' });
const items = new Counter({ name: 'order_items_total', help: 'Items of orders' });
const depth = new Gauge({ name: 'queue_depth', help: 'Jobs that wait' });
const carts = new Gauge({ name: 'carts_open', help: 'Open carts' });

// Moved already:
for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db_query_seconds', milliseconds, { tags: { table: 'orders' } });
}
const sendMail = metrics.wrap('mail_seconds', () => setTimeout(20));
await sendMail();

// Not yet:
items.inc(10);
depth.set(12);
depth.set(7);
for (let cart = 0; cart < 3; cart += 1) carts.inc();
carts.dec();

const app = fastify();
app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
app.get('/tallykit/metrics', (request, reply) => {
  reply.hijack();
  metricsHandler(request.raw, reply.raw);
});
process.once('SIGTERM', () => app.close());
const port = Number(process.env.PORT ?? 3000);
console.log(`listening at ${await app.listen({ host: '127.0.0.1', port })}`);
