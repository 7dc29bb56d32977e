import { setTimeout } from 'node:timers/promises';
import tracer from 'dd-trace';

const { dogstatsd } = tracer.init();

for (const plan of ['pro', 'pro', 'free']) dogstatsd.increment('shop.orders', 1, { plan });
dogstatsd.increment('shop.order.items', 10);
dogstatsd.gauge('shop.queue.depth', 12);
dogstatsd.gauge('shop.queue.depth', 7);
for (let cart = 0; cart < 3; cart += 1) dogstatsd.increment('shop.carts.open');
dogstatsd.decrement('shop.carts.open');
for (const milliseconds of [12.5, 30, 5.5]) {
  dogstatsd.distribution('shop.db.query', milliseconds, { table: 'orders' });
}

async function sendMail(): Promise<void> {
  const start = performance.now();
  try {
    await setTimeout(20);
  } finally {
    dogstatsd.distribution('shop.mail', performance.now() - start);
  }
}
await sendMail();
