import { readMetricsOptions } from './check-options.ts';
import { withDestination } from './default-options.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsOptions } from './options.ts';
import { RecordingMetrics } from './recording-metrics.ts';
import type { Tags } from './tags.ts';

/**
 * Makes a `Metrics` with options of its own. Without `meterProvider` its metrics, events and operations go where those of the
 * default `metrics` go.
 *
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example const metrics = createMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function createMetrics<T extends Tags<T>>(options: MetricsOptions<T> = {}): Metrics {
  const own = readMetricsOptions('createMetrics', options);
  return new RecordingMetrics(() => withDestination(own));
}
