import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';

const { metrics, shutdown } = await startMetrics({ backend: 'otlp' });

for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
metrics.incr('order.items', 10);
metrics.gauge('queue.depth', 12);
metrics.gauge('queue.depth', 7);
for (let cart = 0; cart < 3; cart += 1) metrics.upDown('carts.open', 1);
metrics.upDown('carts.open', -1);
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db.query', milliseconds, { tags: { table: 'orders' } });
}

const sendMail = metrics.wrap('mail', () => setTimeout(20));
await sendMail();

await shutdown();
