// A cluster: a server in several processes, each of which records for itself.             pnpm example cluster
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startMetrics } from '@tallykit/node';
import { startStatsdPrinter } from './support/statsd-printer.ts';

// The same in the primary and in each worker. A process manager sends SIGTERM to the primary, which hands it on and waits.
const statsd = await startStatsdPrinter();
const { metrics, shutdown } = await startMetrics({
  backend: 'statsd',
  options: { host: '127.0.0.1', port: statsd.port },
  shutdownOn: ['SIGTERM'],
});
if (cluster.isPrimary) await lead();
else serve();

function serve(): void {
  const server = createServer((_request, response) => {
    // Two processes may have requests under way: each has a series of its own, and the server adds them up.
    const active = metrics.active('requests.active');
    response.once('close', active.stop);
    metrics.incr('requests');
    response.end(String(process.pid));
  });
  server.listen(0, '127.0.0.1');
}

async function lead(): Promise<void> {
  const workers = [1, 2].map(() => cluster.fork({ STATSD_PORT: String(statsd.port) }));
  metrics.gauge('workers', workers.length);
  const [{ port }] = (await Promise.all(workers.map((worker) => once(worker, 'listening'))))[0] as [
    AddressInfo,
  ];

  const answers = Array.from({ length: 20 }, async () => (await fetch(`http://127.0.0.1:${port}`)).text());
  const byWorker = new Map<string, number>();
  for (const answer of await Promise.all(answers)) byWorker.set(answer, (byWorker.get(answer) ?? 0) + 1);
  for (const [worker, count] of byWorker) console.log(`process ${worker} answered ${count} requests`);

  console.log('What went over the wire:');
  for (const worker of workers) await end(worker);
  await shutdown();
  await statsd.close();
}

/** Resolves when it has sent what it holds, and ended. */
async function end(worker: Worker): Promise<void> {
  const ended = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  await ended;
}
