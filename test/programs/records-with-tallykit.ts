// Knows nothing but the recording API. Records, and ends when its input does.
import { metrics } from '@tallykit/metrics';

metrics.incr('orders', 3, { tags: { plan: 'pro' }, instance: 'web-1' });
metrics.gauge('depth', 12);
metrics.timing('query', 14);
metrics.event('Deploy', 'v42 is live');
console.log('recorded');
process.stdin.resume();
