import type { MetricsOptions } from './options.ts';
import { shared } from './shared.ts';

/** The options of the default `metrics`: what was set up, and what the program configured on top of it. */
export function defaultOptions(): MetricsOptions {
  const { setUp, configured } = shared;
  return {
    ...setUp,
    ...configured,
    prefix: (setUp.prefix ?? '') + (configured.prefix ?? ''),
    tags: { ...setUp.tags, ...configured.tags },
  };
}

/** Options of a `Metrics` of its own. Where they don't say where its metrics go, these go where those of the default one do. */
export function withDestination(own: MetricsOptions): MetricsOptions {
  if (own.meterProvider !== undefined) return { events: [], ...own };
  const { meterProvider, events, operations, observeTimeoutMillis } = defaultOptions();
  return {
    ...(meterProvider && { meterProvider }),
    ...(events && { events }),
    ...(operations && { operations }),
    ...(observeTimeoutMillis !== undefined && { observeTimeoutMillis }),
    ...own,
  };
}
