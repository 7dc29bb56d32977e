import { fastify } from 'fastify';
import { listen, query } from '../shop.ts';
// #region set-up
import { Histogram, register } from 'prom-client';
// #endregion

const app = fastify();
// #region set-up
app.get('/metrics', async (_, reply) => reply.type(register.contentType).send(await register.metrics()));
// #endregion

// #region use
const queries = new Histogram({ name: 'db_query_seconds', help: 'Queries', labelNames: ['result'] });
function timedQuery(sql: string): Promise<string[]> {
  const end = queries.startTimer();
  const rows = query(sql);
  rows.then(
    () => end({ result: 'success' }),
    () => end({ result: 'failure' }),
  );
  return rows;
}
// #endregion

for (const sql of ['select', 'select', 'broken']) await timedQuery(sql).catch(() => undefined);

await listen(app);
