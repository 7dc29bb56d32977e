import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';

const { metrics } = await startMetrics({
  backend: 'datadog',
  options: { histograms: 'aggregates', percentiles: [95] },
  prefix: 'shop.',
  tags: { team: 'growth' },
  shutdownOn: ['SIGTERM', 'beforeExit'],
});

for (const plan of ['pro', 'pro', 'free']) metrics.incr('orders', 1, { tags: { plan } });
metrics.incr('order.items', 10);
metrics.gauge('queue.depth', 12);
metrics.gauge('queue.depth', 7);
for (const milliseconds of [12.5, 30, 5.5]) {
  metrics.timing('db.query', milliseconds, { tags: { table: 'orders' } });
}

const sendMail = metrics.wrap('mail', () => setTimeout(20));
await sendMail();
