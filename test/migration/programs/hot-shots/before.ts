import { setTimeout } from 'node:timers/promises';
import { StatsD } from 'hot-shots';

const client = new StatsD({ prefix: 'shop.', globalTags: { team: 'growth' } });

for (const plan of ['pro', 'pro', 'free']) client.increment('orders', { plan });
client.increment('order.items', 10);
client.gauge('queue.depth', 12);
client.gauge('queue.depth', 7);
for (let cart = 0; cart < 3; cart += 1) client.increment('carts.open');
client.decrement('carts.open');
for (const milliseconds of [12.5, 30, 5.5]) client.timing('db.query', milliseconds, { table: 'orders' });

const sendMail = client.asyncTimer(() => setTimeout(20), 'mail');
await sendMail();

client.close();
