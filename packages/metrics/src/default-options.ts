import type { ResolvedOptions } from './options.ts';
import { shared } from './shared.ts';

/** The options of the default `metrics`: what was set up, and what the program configured on top of it. */
export function defaultOptions(): ResolvedOptions {
  const { setUp, configured } = shared;
  return {
    ...setUp,
    ...configured,
    prefix: (setUp.prefix ?? '') + (configured.prefix ?? ''),
    tags: { ...setUp.tags, ...configured.tags },
  };
}

/** Options of a `Metrics` of its own. Where they don't say where its metrics go, these go where those of the default one do. */
export function withDestination(own: ResolvedOptions): ResolvedOptions {
  if (own.registry !== undefined) return { events: [], ...own };
  const { registry, events, operations, observeTimeoutMillis } = defaultOptions();
  return {
    ...(registry && { registry }),
    ...(events && { events }),
    ...(operations && { operations }),
    ...(observeTimeoutMillis !== undefined && { observeTimeoutMillis }),
    ...own,
  };
}
