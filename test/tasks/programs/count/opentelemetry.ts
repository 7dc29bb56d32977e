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
for (const plan of ['pro', 'pro', 'free']) {
  // #region use
  orders.add(1, { plan });
  // #endregion
}

await sdk.shutdown();
