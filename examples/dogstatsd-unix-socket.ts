// To a Datadog Agent over a unix socket, which loses nothing.            pnpm example dogstatsd-unix-socket
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { DogStatsdMetricExporter } from '@tallykit/exporter-dogstatsd';
import { createMetrics } from '@tallykit/metrics';
import { startAgentStandIn } from './support/agent-stand-in.ts';

// In real life: url: 'unixstream:///var/run/datadog/dsd_stream.socket', or DD_DOGSTATSD_URL in the environment.
const agent = await startAgentStandIn();
const exporter = new DogStatsdMetricExporter({ url: agent.url });

const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 10_000 });
const meterProvider = new MeterProvider({ readers: [reader] });
const metrics = createMetrics({ meterProvider });

for (let order = 0; order < 1_000; order += 1) {
  metrics.incr('orders', 1, { tags: { shop: `shop-${order % 500}` } });
  metrics.distribution('order.value', 20 + ((order * 7) % 80), { unit: 'EUR' });
}
await meterProvider.forceFlush();

// The Agent restarts. What is recorded meanwhile is kept, and sent when it is back.
await agent.close();
metrics.incr('orders', 5);
await meterProvider.forceFlush();
console.log('While the Agent was away:', JSON.stringify(exporter.stats().pending));
await agent.restart();

// Events and metrics take the same way.
exporter.event({ title: 'Agent is back', text: 'nothing was lost', alertType: 'success' });
await meterProvider.shutdown();
await agent.close();

const { frames, lines, bytes } = agent.received;
console.log(`The Agent read ${lines.length} messages in ${frames} frames, ${bytes} bytes, for example:`);
for (const line of [lines[0], lines.find((one) => one.includes('|d')), ...lines.slice(-2)])
  console.log(`  ${line}`);
