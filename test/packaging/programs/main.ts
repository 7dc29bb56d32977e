// The main job as a user's service has it: the default metrics, the global MeterProvider, a UDP server that answers
// nothing. Copied into a project as main.mts and as main.cts, it is a program for both module systems.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { metrics as api } from '@opentelemetry/api';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter, type StatsdMetricExporterOptions } from '@tallykit/exporter-statsd';
import { configureMetrics, metrics, type Metrics, type Tags } from '@tallykit/metrics';

/** Records, exports and returns the lines that arrived. */
export async function run(): Promise<string[]> {
  const server = createSocket('udp4').bind(0, '127.0.0.1');
  await once(server, 'listening');
  const options: StatsdMetricExporterOptions = {
    host: '127.0.0.1',
    port: server.address().port,
    processTag: false,
  };
  const exporter = new StatsdMetricExporter(options);
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  configureMetrics({ prefix: 'shop.' });
  api.setGlobalMeterProvider(meterProvider);

  const tags: Tags = { plan: 'pro' };
  const mail: Metrics = metrics.child({ prefix: 'mail.' });
  metrics.incr('orders', 2, { tags });
  mail.gauge('depth', 12.5);
  const rows: number = await metrics.time('query', () => Promise.resolve(3), { tags });
  metrics.counter('hits').incr(rows);

  const arrived = once(server, 'message') as Promise<[Buffer]>;
  await meterProvider.shutdown();
  const [datagram] = await arrived;
  server.close();
  api.disable();
  return datagram
    .toString()
    .split('\n')
    .map((line) => line.replace(/:[^:|]+\|ms/, ':T|ms'))
    .sort();
}
