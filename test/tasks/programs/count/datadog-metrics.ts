// #region set-up
import metrics from 'datadog-metrics';

metrics.init();
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  metrics.increment('orders', 1, [`plan:${plan}`]);
  // #endregion
}
