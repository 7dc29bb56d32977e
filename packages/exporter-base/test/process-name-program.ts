// Prints the names of a cluster's first process, of two workers, and of a thread of each: once on a machine without more, and
// once with a resource that names an instance.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { processName, readProcessFacts } from '../src/index.ts';

type Names = readonly [onMachine: string, ofInstance: string];

const facts = readProcessFacts({});
const names: Names = [processName({}, facts), processName({ 'service.instance.id': 'web' }, facts)];

if (!isMainThread) {
  parentPort!.postMessage(names);
} else {
  // A thread has none of the loaders of its process.
  const start = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(import.meta.url)})))`;
  const threadSpoke = once(new Worker(start, { eval: true }), 'message') as Promise<[Names]>;
  if (cluster.isWorker) {
    const [ofThread] = await threadSpoke;
    process.send!([names, ofThread], () => process.exit());
  } else {
    const workersSpoke = [cluster.fork(), cluster.fork()].map(
      (worker) => once(worker, 'message') as Promise<[Names[]]>,
    );
    const [ofThread] = await threadSpoke;
    const ofWorkers = (await Promise.all(workersSpoke)).flatMap(([all]) => all);
    process.stdout.write(JSON.stringify({ all: [names, ofThread, ...ofWorkers], processId: process.pid }));
  }
}
