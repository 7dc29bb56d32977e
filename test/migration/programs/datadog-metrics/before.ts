import { setTimeout } from 'node:timers/promises';
import metrics from 'datadog-metrics';

metrics.init({
  prefix: 'shop.',
  defaultTags: ['team:growth'],
  histogram: { aggregates: ['count', 'sum', 'avg', 'min', 'max'], percentiles: [0.95] },
});

for (const plan of ['pro', 'pro', 'free']) metrics.increment('orders', 1, [`plan:${plan}`]);
metrics.increment('order.items', 10);
metrics.gauge('queue.depth', 12);
metrics.gauge('queue.depth', 7);
for (const milliseconds of [12.5, 30, 5.5]) metrics.histogram('db.query', milliseconds, ['table:orders']);

async function sendMail(): Promise<void> {
  const start = performance.now();
  try {
    await setTimeout(20);
  } finally {
    metrics.histogram('mail', performance.now() - start);
  }
}
await sendMail();
