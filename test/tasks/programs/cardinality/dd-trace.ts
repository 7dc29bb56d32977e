// #region set-up
import tracer from 'dd-trace';

tracer.init();
// #endregion

// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  tracer.dogstatsd.increment('orders', 1, { user });
  // #endregion
}
