// Five ways to time code.                                                               pnpm example timer
import { setTimeout as after } from 'node:timers/promises';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { createMetrics } from '@tallykit/metrics';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const server = await startStatsdPrinter();
const exporter = new StatsdMetricExporter({ host: '127.0.0.1', port: server.port });
const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
const metrics = createMetrics({ meterProvider, prefix: 'shop.' });

// 1. Around a call, synchronous or not. What it returns or throws is what the caller gets.
const rows = await metrics.time('db.query', () => after(20, ['ada', 'grace']), { tags: { table: 'users' } });
console.log(`time: ${rows.length} rows, as the query returned them`);

// A failure is timed as well, with the tag result=failure.
await metrics
  .time('db.query', () => Promise.reject(new Error('no such table')), { tags: { table: 'nobody' } })
  .catch((error: Error) => console.log(`time: "${error.message}", as the query threw it`));

// 2. Around a function: name, arguments, `this` and return value stay as they are.
const greet = metrics.wrap('greeting', (name: string) => `Hello ${name}`);
console.log(`wrap: ${greet('Ada')}`);

// 3. Around a block: recorded where the block ends. Tags may be added on the way. A block can't be seen to fail, so say it.
{
  using timer = metrics.timer('job');
  await after(5);
  timer.tags['queue'] = 'mail';
  timer.fail();
}

// 4. Around a generator: recorded when it is consumed.
const pages = metrics.time('pages', async function* pages() {
  for (const page of [1, 2]) yield await after(5, page);
});
for await (const page of pages) console.log(`time: page ${page}`);

// 5. What was measured elsewhere, in milliseconds.
metrics.timing('upstream', 14.2);

console.log('What went over the wire:');
await meterProvider.shutdown();
await server.close();
