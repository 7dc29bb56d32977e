// #region set-up
import tracer from 'dd-trace';

tracer.init();
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  tracer.dogstatsd.increment('orders', 1, { plan });
  // #endregion
}
