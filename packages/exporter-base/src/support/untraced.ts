import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * The key of `suppressTracing` in `@opentelemetry/core`. Keys are global symbols by this description, so the tracing
 * instrumentations of sockets and name resolution see it.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const QUIET = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true);

/** Runs work that causes traffic of our own. No spans are made for it, and it doesn't keep the context of a request in memory. */
export function untraced<Result>(work: () => Result): Result {
  return context.with(QUIET, work);
}
