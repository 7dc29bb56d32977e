import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** A name for this process or worker thread: host, process id, and the thread's number unless it is the main thread. */
export function processName(): string {
  return `${hostname()}-${process.pid}${threadId === 0 ? '' : `-${threadId}`}`;
}
