import type { Resource } from '@opentelemetry/resources';
import type { Backend } from './backend.ts';
import { deadlineIn } from './flush-backends.ts';

/** How long the end of a process may be held up, by all backends together. */
const TIMEOUT_MILLIS = 1000;

/**
 * Hands over at once what was recorded and what waits, when the process ends and nothing can be awaited any more.
 *
 * @returns for each backend that could not take everything, what is lost; for people
 */
export function flushSync(backends: readonly Backend[], resource: Resource): string[] {
  const left = deadlineIn(TIMEOUT_MILLIS);
  // Before anything is collected: readings of observed gauges count as calls.
  const open = new Map(backends.map((backend) => [backend, backend.calls?.open ?? 0]));
  return backends.flatMap((backend) => {
    const { key, producer, flushSync: flush, calls } = backend;
    if (calls === undefined) return [];
    if (flush === undefined) return lossOf(key, open.get(backend)!, backend.stats().pending.points);
    const collected = producer?.collectSync().resourceMetrics.scopeMetrics ?? [];
    const unknownBefore = unknownPoints(backend);
    const { pending } = flush({ resource, scopeMetrics: collected }, { timeoutMillis: left() });
    const notSent = pending + unknownPoints(backend) - unknownBefore;
    // Without a producer the SDK holds what was recorded, and can't be collected now.
    const isAllSent = producer !== undefined && notSent === 0;
    return lossOf(key, isAllSent ? 0 : open.get(backend)!, notSent);
  });
}

/** What was sent without an answer: where the runtime doesn't say whether the kernel has it, it may be lost. */
function unknownPoints(backend: Backend): number {
  return backend.stats().droppedBy.unknown?.points ?? 0;
}

/** @param calls how many calls are lost, at most: which of them are in points that are on their way is not known */
function lossOf(key: string, calls: number, points: number): string[] {
  if (calls > 0) return [`${key}: ${calls} calls recorded and not exported`];
  return points > 0 ? [`${key}: ${points} points recorded and not exported`] : [];
}
