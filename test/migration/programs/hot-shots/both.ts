import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';
import { StatsD } from 'hot-shots';

const client = new StatsD({ prefix: 'shop.', globalTags: { team: 'growth' } });
const { metrics, shutdown } = await startMetrics({
  backend: 'dogstatsd',
  options: { histograms: 'timing' },
  prefix: 'shop.',
  tags: { team: 'growth' },
});

// Moved already:
for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db.query', milliseconds, { tags: { table: 'orders' } });
}

// Not yet:
client.increment('order.items', 10);
client.gauge('queue.depth', 12);
client.gauge('queue.depth', 7);
for (let cart = 0; cart < 3; cart += 1) client.increment('carts.open');
client.decrement('carts.open');
const sendMail = client.asyncTimer(() => setTimeout(20), 'mail');
await sendMail();

client.close();
await shutdown();
