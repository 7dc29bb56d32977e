import { setTimeout } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const meter = metrics.getMeter('shop');
const orders = meter.createCounter('orders');
const items = meter.createCounter('order.items');
const depth = meter.createGauge('queue.depth');
const carts = meter.createUpDownCounter('carts.open');
const queries = meter.createHistogram('db.query', { unit: 'ms' });
const mails = meter.createHistogram('mail', { unit: 'ms' });

for (const plan of ['pro', 'pro', 'free']) orders.add(1, { plan });
items.add(10);
depth.record(12);
depth.record(7);
for (let cart = 0; cart < 3; cart += 1) carts.add(1);
carts.add(-1);
for (const milliseconds of [12.5, 30, 5.5]) queries.record(milliseconds, { table: 'orders' });

async function sendMail(): Promise<void> {
  const start = performance.now();
  try {
    await setTimeout(20);
  } finally {
    mails.record(performance.now() - start);
  }
}
await sendMail();

await sdk.shutdown();
