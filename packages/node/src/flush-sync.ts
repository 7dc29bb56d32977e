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
    const { pending } = flush({ resource, scopeMetrics: collected }, { timeoutMillis: left() });
    // Without a producer the SDK holds what was recorded, and can't be collected now.
    return lossOf(key, producer === undefined ? open.get(backend)! : 0, pending);
  });
}

function lossOf(key: string, calls: number, points: number): string[] {
  const losses = [
    ...(calls > 0 ? [`${calls} calls recorded and not exported`] : []),
    ...(points > 0 ? [`${points} points on their way`] : []),
  ];
  return losses.length === 0 ? [] : [`${key}: ${losses.join(', ')}`];
}
