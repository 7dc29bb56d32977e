import { setTimeout } from 'node:timers/promises';
import { metrics as api } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { metrics } from '@tallykit/metrics';

const sdk = new NodeSDK();
sdk.start();
const meter = api.getMeter('shop');
const items = meter.createCounter('order.items');
const depth = meter.createGauge('queue.depth');
const carts = meter.createUpDownCounter('carts.open');

// Moved already. It goes to the MeterProvider of the SDK, and with it wherever that sends:
for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db.query', milliseconds, { tags: { table: 'orders' } });
}
const sendMail = metrics.wrap('mail', () => setTimeout(20));
await sendMail();

// Not yet:
items.add(10);
depth.record(12);
depth.record(7);
for (let cart = 0; cart < 3; cart += 1) carts.add(1);
carts.add(-1);

await sdk.shutdown();
