// #region set-up
import { StatsD } from 'hot-shots';

const client = new StatsD({ maxBufferSize: 1432 });
// #endregion

// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  client.increment('orders', { user: String(user) });
  // #endregion
}

client.close();
