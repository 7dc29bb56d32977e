// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics, store, flush, shutdown } = await startMetrics({ internal: { include: ['*'] } });
const { url } = await store.listen();
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  metrics.incr('orders', 1, { tags: { plan } });
  // #endregion
}

await flush();
process.once('SIGTERM', () => shutdown().then(() => process.exit()));
process.stdin.resume(); // a service doesn't end by itself
console.log(`listening at ${url}`);
