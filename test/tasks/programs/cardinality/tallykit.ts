// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics, shutdown } = await startMetrics();
// #endregion

// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  metrics.incr('orders', 1, { tags: { user } });
  // #endregion
}

await shutdown();
