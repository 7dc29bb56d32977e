// Starts metrics with a backend by its name, records, and prints what the shutdown reported, or the error, as JSON.
import { startMetrics } from '@tallykit/node';

async function main() {
  const { backend, options } = JSON.parse(process.env.BUNDLE);
  const { metrics, shutdown } = await startMetrics({ backend, options });
  metrics.incr('bundle.calls', 7, { tags: { plan: 'pro' } });
  // A backend that is scraped has to be there until it was.
  if (backend === 'prometheus') {
    console.log('ready');
    await new Promise((resolve) => process.stdin.once('end', resolve).resume());
  }
  console.log(JSON.stringify(await shutdown()));
}

main().catch((error) => {
  console.log(JSON.stringify({ error: error.message }));
});
