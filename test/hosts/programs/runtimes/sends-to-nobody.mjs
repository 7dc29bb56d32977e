// Records for a UDP port that nobody listens on, and prints what became of it.
import { startMetrics } from '@tallykit/node';

const { metrics, flush, stats } = await startMetrics({
  backend: 'statsd',
  options: { host: '127.0.0.1', port: Number(process.env.SMOKE_PORT) },
});
metrics.incr('smoke.calls');
const { statsd } = await flush({ timeoutMillis: 2_000 });
const { exported, pending } = statsd;
console.log(JSON.stringify({ exported, pending, state: stats().backends.statsd.health.state }));
process.exit();
