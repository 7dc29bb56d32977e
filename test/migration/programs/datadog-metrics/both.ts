import { setTimeout } from 'node:timers/promises';
import { startMetrics } from '@tallykit/node';
import datadogMetrics from 'datadog-metrics';

datadogMetrics.init({
  prefix: 'shop.',
  defaultTags: ['team:growth'],
  histogram: { aggregates: ['count', 'sum', 'avg', 'min', 'max'], percentiles: [0.95] },
});
const { metrics } = await startMetrics({
  backend: 'datadog',
  options: { histograms: 'aggregates', percentiles: [95] },
  prefix: 'shop.',
  tags: { team: 'growth' },
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
datadogMetrics.increment('order.items', 10);
datadogMetrics.gauge('queue.depth', 12);
datadogMetrics.gauge('queue.depth', 7);
