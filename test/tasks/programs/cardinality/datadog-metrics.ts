// #region set-up
import metrics from 'datadog-metrics';

metrics.init();
// #endregion

// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  metrics.increment('orders', 1, [`user:${user}`]);
  // #endregion
}
