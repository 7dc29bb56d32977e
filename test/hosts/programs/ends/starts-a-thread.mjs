// Only the thread records. Parameter: how the thread ends.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const worker = new Worker(new URL('is-a-thread.mjs', import.meta.url), { argv: process.argv.slice(2) });
await once(worker, 'message');
if (process.argv[2] === 'terminated') await worker.terminate();
else await once(worker, 'exit');
