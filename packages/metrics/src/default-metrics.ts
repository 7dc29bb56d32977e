import { readMetricsOptions } from './check-options.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsOptions } from './options.ts';
import { RecordingMetrics } from './recording-metrics.ts';
import { beginGeneration, shared } from './shared.ts';

/**
 * The default `Metrics`. It records to the global MeterProvider, unless `configureMetrics` names another one.
 *
 * @example metrics.incr('orders.created', 1, { tags: { plan: 'pro' } });
 */
export const metrics: Metrics = new RecordingMetrics(() => shared.options);

/**
 * Sets the options of the default `metrics`. They replace all options that were set before, and apply to its children and
 * bound counters too.
 *
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example configureMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function configureMetrics(options: MetricsOptions): void {
  shared.options = readMetricsOptions('configureMetrics', options);
  beginGeneration();
}
