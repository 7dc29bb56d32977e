import { heldCallsOf } from './registry.ts';
import type { RefusalCause, Registry } from './registry.ts';

/**
 * What became of the calls of all `Metrics` of one MeterProvider, since the process began:
 * `recorded = handed + held + refused`, where `refused` is the sum over its causes.
 */
export interface MetricsStats {
  /** Calls of recording verbs and of `event`, and readings of `observe`. */
  readonly recorded: number;
  /** Those that reached the MeterProvider, or the event backends. */
  readonly handed: number;
  /** Those that wait for the next collection, or for a MeterProvider. */
  readonly held: number;
  /** Those that could not be recorded, by cause. A cause that did not occur is missing. */
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  /** Those of `handed` that went into an overflow series, beyond `maxSeriesPerMetric`. */
  readonly overflowed: number;
  /** Tags that were left out by a tag rule, or because their name or value can't be a tag's. */
  readonly droppedTags: number;
  /** How often an event backend or the listener `operations` threw. */
  readonly hookErrors: number;
  /** How many metric names there are. */
  readonly metrics: number;
  /** How many series there are now, of all metrics, overflow series left out. */
  readonly series: number;
}

export function statsOf(registry: Registry): MetricsStats {
  let held = registry.backlog.length;
  let series = 0;
  for (const { metrics } of registry.meters.values()) {
    for (const metric of metrics.values()) {
      held += heldCallsOf(metric);
      series += metric.cells.size;
    }
  }
  let recorded = registry.handed + held;
  for (const calls of Object.values(registry.refused)) recorded += calls;
  return {
    recorded,
    handed: registry.handed,
    held,
    refused: { ...registry.refused },
    overflowed: registry.overflowed,
    droppedTags: registry.droppedTags,
    hookErrors: registry.hookErrors,
    metrics: registry.metricCount,
    series,
  };
}
