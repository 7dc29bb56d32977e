// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics, shutdown } = await startMetrics();
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  metrics.incr('orders', 1, { tags: { plan } });
  // #endregion
}

await shutdown();
