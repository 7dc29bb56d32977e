// #region set-up
import { StatsD } from 'hot-shots';

const client = new StatsD();
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  client.increment('orders', { plan });
  // #endregion
}

client.close();
