import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';
import { fastify } from 'fastify';

const { metrics, metricsHandler } = await startMetrics({
  backend: 'prometheus',
  options: { preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true },
  tags: { team: 'growth' },
  timingUnit: 's',
});

for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
metrics.incr('order_items', 10);
metrics.gauge('queue_depth', 12);
metrics.gauge('queue_depth', 7);
for (let cart = 0; cart < 3; cart += 1) metrics.upDown('carts_open', 1);
metrics.upDown('carts_open', -1);
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db_query_seconds', milliseconds, { tags: { table: 'orders' } });
}

const sendMail = metrics.wrap('mail_seconds', () => setTimeout(20));
await sendMail();

const app = fastify();
app.get('/metrics', (request, reply) => {
  reply.hijack();
  metricsHandler(request.raw, reply.raw);
});
process.once('SIGTERM', () => app.close());
const port = Number(process.env.PORT ?? 3000);
console.log(`listening at ${await app.listen({ host: '127.0.0.1', port })}`);
