import { heldCallsOf } from './registry.ts';
import type { RefusalCause, Registry } from './registry.ts';
import { shared } from './shared.ts';

/**
 * What became of the calls of all `Metrics` of one MeterProvider, since the process began:
 * `recorded = handed + held + refused`, where `refused` is the sum over its causes. Each of these is counted by itself.
 */
export interface MetricsStats {
  /**
   * Where calls go now: to the instruments of a MeterProvider, to the readers of producers, or nowhere yet, so that they are
   * kept.
   */
  readonly destination: 'instruments' | 'producers' | 'none';
  /** Calls of recording verbs and of `event`, readings of `observe`, and calls of `observe` that were refused. */
  readonly recorded: number;
  /** Those that reached the MeterProvider, a reader of the producers, or the event backends. */
  readonly handed: number;
  /** Those that wait for the next collection, for a MeterProvider, or for a backend that takes events. */
  readonly held: number;
  /** Those that could not be recorded, by cause. A cause that did not occur is missing. */
  readonly refused: Readonly<Partial<Record<RefusalCause, number>>>;
  /** Those of `handed` that went into an overflow series, beyond `maxSeriesPerMetric`. */
  readonly overflowed: number;
  /**
   * Calls whose arguments have a wrong shape, such as tags without the `tags:` around them. What they have in the right
   * shape is recorded. They are beside the equation: each of them is among `handed`, `held` or `refused` as well, except
   * calls that record nothing themselves, such as `child`.
   */
  readonly malformed: number;
  /**
   * Tags that were left out by a tag rule, or because their name or value can't be a tag's. Counted once for each new series,
   * and for each event.
   */
  readonly droppedTags: number;
  /** How often an event backend, the listener `operations` or a function of the tag rules threw. */
  readonly hookErrors: number;
  /** How many metric names there are. */
  readonly metrics: number;
  /** How many series there are now, of all metrics, overflow series left out. */
  readonly series: number;
}

export function statsOf(registry: Registry): MetricsStats {
  let held = registry.backlog.length;
  for (const waiting of shared.events) if (waiting.registry === registry) held += 1;
  let series = 0;
  for (const { metrics } of registry.meters.values()) {
    for (const metric of metrics.values()) {
      held += heldCallsOf(metric);
      series += metric.cells.size;
    }
  }
  return {
    destination: destinationOf(registry),
    recorded: registry.recorded,
    handed: registry.handed,
    held,
    refused: { ...registry.refused },
    overflowed: registry.overflowed,
    malformed: registry.malformed,
    droppedTags: registry.droppedTags,
    hookErrors: registry.hookErrors,
    metrics: registry.metricCount,
    series,
  };
}

function destinationOf({ provider, readers }: Registry): MetricsStats['destination'] {
  if (readers !== undefined) return 'producers';
  return provider === undefined ? 'none' : 'instruments';
}
