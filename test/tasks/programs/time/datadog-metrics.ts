import { query } from '../shop.ts';
// #region set-up
import metrics from 'datadog-metrics';

metrics.init();
// #endregion

// #region use
function timedQuery(sql: string): Promise<string[]> {
  const start = performance.now();
  const end = (result: string) =>
    metrics.distribution('db.query', performance.now() - start, [`result:${result}`]);
  const rows = query(sql);
  rows.then(
    () => end('success'),
    () => end('failure'),
  );
  return rows;
}
// #endregion

for (const sql of ['select', 'select', 'broken']) await timedQuery(sql).catch(() => undefined);
