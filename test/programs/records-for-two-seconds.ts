// Records without a pause, for longer than several short export intervals, and has nothing left to do then.
import { metrics } from '@tallykit/metrics';

const timer = setInterval(() => metrics.incr('orders'), 50);
setTimeout(() => {
  clearInterval(timer);
  console.log('recorded');
}, 2_000);
