import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** Tells this process, or worker thread, from others: host, process id, and the thread's number unless it is the first. */
export function processName(): string {
  return `${hostname()}-${process.pid}${threadId === 0 ? '' : `-${threadId}`}`;
}
