import { metrics } from '@tallykit/metrics';

metrics.incr('orders', 2, { instance: 'web-1', tags: { plan: 'pro' } });
metrics.gauge('queue.depth', 7);
metrics.timing('db.query', 12.5, { tags: { table: 'orders' } });
metrics.timing('release.health.session', 4.5);
metrics.incr('search.queries');
