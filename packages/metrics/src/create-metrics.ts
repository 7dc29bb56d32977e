import { readMetricsOptions } from './check-options.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsOptions } from './options.ts';
import { RecordingMetrics } from './recording-metrics.ts';

/**
 * Makes a `Metrics` with options of its own.
 *
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example const metrics = createMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const own = readMetricsOptions('createMetrics', options);
  return new RecordingMetrics(() => own);
}
