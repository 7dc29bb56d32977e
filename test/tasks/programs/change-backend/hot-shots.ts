// #region set-up
import { StatsD } from 'hot-shots';

const isProduction = process.env.NODE_ENV === 'production';
const client = new StatsD(isProduction ? {} : { protocol: 'stream', stream: process.stdout });
// #endregion

for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  client.increment('orders', { plan });
  // #endregion
}

client.close();
