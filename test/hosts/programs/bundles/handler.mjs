// A function as AWS Lambda calls it: the process is frozen as soon as the promise is resolved.
import { startMetrics } from '@tallykit/node';

const starting = startMetrics(JSON.parse(process.env.BUNDLE));

export async function handler(event) {
  const { metrics, flush } = await starting;
  metrics.incr('bundle.calls', event.calls);
  return flush({ timeoutMillis: 2_000 });
}
