// Two processes, one history: the values of a fleet add up in Redis.                   pnpm example internal-fleet
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { createMetrics } from '@tallykit/metrics';
import { TimeseriesMetricExporter, TimeseriesStore } from '@tallykit/tsdb';
import { startRedis } from './support/redis.ts';

const [, , redisUrl, worker] = process.argv;
if (redisUrl === undefined) await lead();
else await work(redisUrl, worker!);

/** Each process writes to the same Redis. */
async function work(redis: string, name: string): Promise<void> {
  const store = new TimeseriesStore({ redis });
  const exporter = new TimeseriesMetricExporter({ store });
  const meterProvider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const metrics = createMetrics({ meterProvider, tags: { worker: name } });

  for (let job = 0; job < 1000; job += 1) {
    metrics.incr('jobs.finished');
    metrics.timing('jobs.duration', 5 + (job % 100));
  }
  metrics.upDown('jobs.active', 3);

  await meterProvider.shutdown();
  await store.shutdown();
}

/** A process that only reads sees what all of them wrote. */
async function lead(): Promise<void> {
  const redis = await startRedis();
  if (redis === undefined) {
    console.log('There is no redis-server here: install it, or set REDIS_URL.');
    return;
  }
  const workers = ['one', 'two'].map((name) => fork(fileURLToPath(import.meta.url), [redis.url, name]));
  await Promise.all(workers.map((child) => once(child, 'exit')));

  const store = new TimeseriesStore({ redis: redis.url });
  const now = Date.now() / 1000;
  const range = { names: ['jobs.finished', 'jobs.duration'], start: now - 600, end: now };
  console.log('Finished, and measured:', await store.getSums(range));
  const { series, source } = await store.getRange({ ...range, names: ['jobs.finished'], by: 'worker' });
  for (const { tags, points } of series) {
    console.log(
      `  of ${source}, worker ${tags['worker']}:`,
      points.reduce((sum, [, value]) => sum + Number(value), 0),
    );
  }
  console.log(
    'Active now, by process:',
    (await store.series('jobs.active')).map(({ tags }) => tags['process']),
  );

  await store.shutdown();
  redis.close();
}
