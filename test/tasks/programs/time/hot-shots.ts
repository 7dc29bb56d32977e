import { query } from '../shop.ts';
// #region set-up
import { StatsD } from 'hot-shots';

const client = new StatsD();
// #endregion

// #region use
const timedQuery = client.asyncTimer((sql: string, timer) => {
  const rows = query(sql);
  rows.then(
    () => timer.addTags({ result: 'success' }),
    () => timer.addTags({ result: 'failure' }),
  );
  return rows;
}, 'db.query');
// #endregion

for (const sql of ['select', 'select', 'broken']) await timedQuery(sql).catch(() => undefined);

client.close();
