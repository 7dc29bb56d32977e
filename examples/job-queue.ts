// A job queue: BullMQ's worker, its jobs and the length of its queue.                   pnpm example job-queue
import { startMetrics } from '@tallykit/node';
import { createNodeRedisClient, Queue, UnrecoverableError, Worker } from 'bullmq';
import { createClient } from 'redis';
import { startRedis } from './support/redis.ts';
import { startStatsdPrinter } from './support/statsd-printer.ts';

const redis = await startRedis();
if (redis === undefined) console.log('There is no redis-server here: install it, or set REDIS_URL.');
else await work(redis.url);
redis?.close();

async function work(url: string): Promise<void> {
  const statsd = await startStatsdPrinter();
  const { metrics, flush, shutdown } = await startMetrics({
    backend: 'statsd',
    options: { host: '127.0.0.1', port: statsd.port },
  });
  const client = await createClient({ url }).connect();
  const connection = createNodeRedisClient(client);

  // Whoever adds jobs counts them. A read at each collection tells how many wait.
  const queue = new Queue('mails', { connection });
  metrics.observe('jobs.waiting', () => queue.getWaitingCount(), { tags: { queue: 'mails' } });
  for (let number = 1; number <= 12; number += 1) {
    await queue.add(number % 4 === 0 ? 'invoice' : 'welcome', { number });
    metrics.incr('jobs.added', 1, { tags: { queue: 'mails' } });
  }

  console.log('What went over the wire before a worker runs:');
  await flush();

  // The whole processor is timed, with `result` from how it ended: what it throws, BullMQ gets. The retries are timings as well.
  const worker = new Worker(
    'mails',
    (job) =>
      metrics.time(
        'jobs.duration',
        async () => {
          using _ = metrics.active('jobs.active', { tags: { queue: 'mails' } });
          // How long it was in the queue, in milliseconds.
          metrics.timing('jobs.latency', Date.now() - job.timestamp, { tags: { queue: 'mails' } });
          await send(job.data as { number: number });
        },
        { tags: { queue: 'mails', job: job.name } },
      ),
    { connection, concurrency: 3 },
  );
  let left = 12;
  await new Promise<void>((resolve) => {
    const settle = (job: string, how: string): void => {
      console.log(`${job} ${how}`);
      left -= 1;
      if (left === 0) resolve();
    };
    worker.on('completed', ({ name }) => settle(name, 'is done'));
    worker.on('failed', (job, error) => settle(job?.name ?? 'a job', `failed: ${error.message}`));
  });

  // First the jobs under way, then the metrics of those jobs, then the queue that metrics read from.
  console.log('What went over the wire after it:');
  await worker.close();
  await shutdown();
  await queue.close();
  await client.close();
  await statsd.close();
}

async function send({ number }: { number: number }): Promise<void> {
  await Promise.resolve();
  if (number === 8) throw new UnrecoverableError('no such address');
}
