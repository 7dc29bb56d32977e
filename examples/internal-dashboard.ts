// Keep the history of your metrics inside the program, and look at it.            pnpm example internal-dashboard
import { startMetrics } from '@tallykit/node';
import { TimeseriesStore } from '@tallykit/tsdb';
import { inFrontOfSomebody } from './support/in-front-of-somebody.ts';

// Beside any backend; here there is none. Kept are orders, and whatever a call asks for.
const store = new TimeseriesStore();
const { metrics, flush, shutdown } = await startMetrics({ internal: { include: ['orders.*'], store } });

/** What a shop does in a quarter of a second. */
function work(): void {
  const wave = 1 + 0.5 * Math.sin(Date.now() / 60_000);
  for (const plan of ['free', 'pro']) {
    metrics.incr('orders.created', Math.round(wave * 8 * Math.random()), { tags: { plan } });
    metrics.timing('db.query', wave * Math.exp(2 + Math.random()), { tags: { plan }, internal: true });
  }
  metrics.gauge('queue.depth', Math.round(wave * 40), { internal: true });
  metrics.incr('logins');
}

for (let times = 0; times < 100; times += 1) work();
await flush();

// 127.0.0.1 and a free port, unless you say otherwise. In a web framework: app.use('/metrics', store.handler()).
const { url, close } = await store.listen();
console.log(`The page: ${url}`);

// The same numbers, for programs.
const end = new Date();
const sums = await store.getSums({ names: ['orders.created'], start: end.getTime() / 1000 - 600, end });
console.log(`Orders in the last ten minutes: ${sums.get('orders.created')}`);
console.log(await store.names());

await inFrontOfSomebody('The page goes on until you press Ctrl+C.', work);
await close();
await shutdown();
