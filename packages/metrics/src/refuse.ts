import { logOnce } from './log-once.ts';
import type { RefusalCause, Registry } from './registry.ts';

/**
 * Counts calls that could not be recorded, and logs the message the first time.
 *
 * @param about the message is logged once for each cause and each `about`
 */
export function refuse(
  registry: Registry,
  cause: RefusalCause,
  message: string,
  { calls = 1, about = '' }: { readonly calls?: number; readonly about?: string } = {},
): void {
  registry.refused[cause] = (registry.refused[cause] ?? 0) + calls;
  logOnce(`${cause} ${about}`, message);
}
