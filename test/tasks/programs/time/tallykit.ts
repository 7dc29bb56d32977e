import { query } from '../shop.ts';
// #region set-up
import { startMetrics } from '@tallykit/node';

const { metrics, shutdown } = await startMetrics();
// #endregion

// #region use
const timedQuery = metrics.wrap('db.query', query);
// #endregion

for (const sql of ['select', 'select', 'broken']) await timedQuery(sql).catch(() => undefined);

await shutdown();
