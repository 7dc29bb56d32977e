import { logOnce } from './log-once.ts';
import type { RefusalCause, Registry } from './registry.ts';

/** Where a registry's counts are kept: in itself, or where what waited in it was delivered to. */
export function presentRegistry(registry: Registry): Registry {
  let present = registry;
  while (present.deliveredTo !== undefined) present = present.deliveredTo;
  return present;
}

/**
 * Counts calls that could not be recorded, and logs the message the first time.
 *
 * @param about the message is logged once for each cause and each `about`
 */
export function refuse(
  registry: Registry,
  cause: RefusalCause,
  about: string,
  message: string,
  calls = 1,
): void {
  const { refused } = presentRegistry(registry);
  if (calls > 0) refused[cause] = (refused[cause] ?? 0) + calls;
  logOnce(cause, about, message);
}
