// Worker threads: each records for itself, and sends what it holds when it ends.   pnpm example worker-threads
import { pbkdf2Sync } from 'node:crypto';
import { once } from 'node:events';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { startMetrics } from '@tallykit/node';
import { startStatsdPrinter } from './support/statsd-printer.ts';
import { startThread } from './support/thread.ts';

interface Work {
  readonly port: number;
  readonly thread: number;
  readonly passwords: number;
}

if (isMainThread) await lead();
else await work(workerData as Work);

/** Nothing is shared between threads: each has its own metrics. Signals reach the main thread only. */
async function work({ port, thread, passwords }: Work): Promise<void> {
  const { metrics } = await startMetrics({
    backend: 'statsd',
    options: { host: '127.0.0.1', port },
    tags: { thread },
    shutdownOn: ['beforeExit'],
  });
  for (let password = 0; password < passwords; password += 1) {
    metrics.time('hash', () => pbkdf2Sync(`secret ${password}`, 'salt', 1_000, 32, 'sha256'));
  }
  parentPort!.postMessage(`thread ${thread} hashed ${passwords} passwords`);
}

async function lead(): Promise<void> {
  const statsd = await startStatsdPrinter();
  const { metrics, shutdown } = await startMetrics({
    backend: 'statsd',
    options: { host: '127.0.0.1', port: statsd.port },
    tags: { thread: 'main' },
  });
  const threads = [3, 5].map((passwords, index) => {
    const workload: Work = { port: statsd.port, thread: index + 1, passwords };
    return startThread(import.meta.url, workload).on('message', (text) => console.log(text));
  });
  metrics.incr('threads.started', threads.length);

  // They end by themselves. `terminate()` would lose what a thread has not sent yet.
  await Promise.all(threads.map((thread) => once(thread, 'exit')));
  console.log('What went over the wire:');
  await shutdown();
  await statsd.close();
}
