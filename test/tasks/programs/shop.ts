// The shop that the programs measure. It knows nothing of metrics.
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A query of a database. It takes some time, and fails where the text says so. */
export async function query(sql: string): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  if (sql === 'broken') throw new Error('a syntax error');
  return [sql];
}

/** Who sends this request. */
export function tenantOf(request: FastifyRequest): string {
  return String(request.headers['x-tenant']);
}

/** Takes requests on a free port, says so, and stops at SIGTERM. */
export async function listen(app: FastifyInstance): Promise<void> {
  process.once('SIGTERM', () => app.close());
  console.log(`listening at ${await app.listen({ host: '127.0.0.1', port: 0 })}`);
}
