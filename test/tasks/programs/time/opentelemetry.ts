import { query } from '../shop.ts';
// #region set-up
import { metrics } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
const meter = metrics.getMeter('shop');
// #endregion

// #region use
const queries = meter.createHistogram('db.query.duration', { unit: 'ms' });
function timedQuery(sql: string): Promise<string[]> {
  const start = performance.now();
  const end = (result: string) => queries.record(performance.now() - start, { result });
  const rows = query(sql);
  rows.then(
    () => end('success'),
    () => end('failure'),
  );
  return rows;
}
// #endregion

for (const sql of ['select', 'select', 'broken']) await timedQuery(sql).catch(() => undefined);

await sdk.shutdown();
