// Starts metrics with exporters that are made already, or made when they are needed.
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { startMetrics } from '@tallykit/node';

async function main() {
  const { statsd, dogstatsd } = JSON.parse(process.env.BUNDLE);
  const { metrics, shutdown } = await startMetrics({
    exporters: {
      made: new StatsdMetricExporter(statsd),
      later: async () => new DogStatsdMetricExporter(dogstatsd),
    },
  });
  metrics.incr('bundle.calls', 7, { tags: { plan: 'pro' } });
  console.log(JSON.stringify(await shutdown()));
}

main().catch((error) => {
  console.log(JSON.stringify({ error: error.message }));
});
