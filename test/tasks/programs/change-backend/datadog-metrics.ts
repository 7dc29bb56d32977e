// #region set-up
import metrics from 'datadog-metrics';

const isProduction = process.env.NODE_ENV === 'production';
const toScreen = { report: async (series: unknown[]) => console.log(JSON.stringify(series)) };
metrics.init(isProduction ? {} : { reporter: toScreen });
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  metrics.increment('orders', 1, [`plan:${plan}`]);
  // #endregion
}
