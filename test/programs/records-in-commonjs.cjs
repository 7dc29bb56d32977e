'use strict';

// Knows nothing but the recording API, in CommonJS. Records, and ends when its input does.
const { metrics } = require('@tallykit/metrics');

metrics.incr('orders', 3, { tags: { plan: 'pro' }, instance: 'web-1' });
metrics.gauge('depth', 12);
metrics.timing('query', 14);
console.log('recorded');
process.stdin.resume();
