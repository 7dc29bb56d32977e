import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';
import tracer from 'dd-trace';

// It stays, for its traces.
const { dogstatsd } = tracer.init();
const { metrics } = await startMetrics({
  backend: 'dogstatsd',
  prefix: 'shop.',
  shutdownOn: ['SIGTERM', 'beforeExit'],
});

// Moved already:
for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db.query', milliseconds, { tags: { table: 'orders' } });
}
const sendMail = metrics.wrap('mail', () => setTimeout(20));
await sendMail();

// Not yet:
dogstatsd.increment('shop.order.items', 10);
dogstatsd.gauge('shop.queue.depth', 12);
dogstatsd.gauge('shop.queue.depth', 7);
for (let cart = 0; cart < 3; cart += 1) dogstatsd.increment('shop.carts.open');
dogstatsd.decrement('shop.carts.open');
