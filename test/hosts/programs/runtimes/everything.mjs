// Records the same calls for every exporter and for the store, and prints what became of them.
import { setTimeout as after } from 'node:timers/promises';
import { DatadogHttpMetricExporter } from '@tallykit/exporter-datadog-http';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { LoggingMetricExporter } from '@tallykit/exporter-logging';
import { NoopMetricExporter } from '@tallykit/exporter-noop';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { startMetrics } from '@tallykit/node';

const { calls, options } = JSON.parse(process.env.SMOKE);
const logged = [];

const { metrics, shutdown, store } = await startMetrics({
  exporters: {
    'StatsD, UDP': new StatsdMetricExporter(options['StatsD, UDP']),
    'StatsD, TCP': new StatsdMetricExporter(options['StatsD, TCP']),
    'DogStatsD, unix stream': new DogStatsdMetricExporter(options['DogStatsD, unix stream']),
    'Datadog HTTP': new DatadogHttpMetricExporter(options['Datadog HTTP']),
    logging: new LoggingMetricExporter({ logger: (_level, message) => logged.push(message) }),
    noop: new NoopMetricExporter(),
  },
  internal: { include: ['smoke.*'] },
});
for (let call = 0; call < calls; call += 1) {
  await metrics.withTags({ tenant: 'acme' }, async () => {
    await after(1);
    metrics.incr('smoke.calls');
  });
}
await metrics.time('smoke.work', () => after(1));
metrics.event('Smoke', 'all of it');

const became = await shutdown();
const now = Date.now() / 1000;
const range = { names: ['smoke.calls'], start: now - 600, end: now + 60 };
const { series } = await store.getRange({ ...range, by: 'tenant' });
const stored = series.flatMap(({ points }) => points).reduce((sum, [, value]) => sum + Number(value), 0);
const { url, close } = await store.listen();
const page = (await (await fetch(url)).text()).includes('<html');
await close();
console.log(JSON.stringify({ became, stored, tenants: series.map(({ tags }) => tags.tenant), logged, page }));
