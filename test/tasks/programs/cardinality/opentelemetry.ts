// #region set-up
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const meter = metrics.getMeter('shop');
// #endregion

// #region use
const orders = meter.createCounter('orders');
// #endregion
// The bug: a tag with a value for each user.
for (let user = 1; user <= 3_000; user += 1) {
  // #region use
  orders.add(1, { user });
  // #endregion
}

await sdk.shutdown();
