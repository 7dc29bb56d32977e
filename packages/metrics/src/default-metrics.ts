import { readMetricsOptions } from './check-options.ts';
import { defaultOptions } from './default-options.ts';
import { beginGeneration } from './generation.ts';
import { sendWaitingEvents } from './hooks.ts';
import type { Metrics } from './metrics.ts';
import type { MetricsOptions } from './options.ts';
import { adoptWaiting } from './provider.ts';
import { RecordingMetrics } from './recording-metrics.ts';
import { shared } from './shared.ts';
import type { Tags } from './tags.ts';

/**
 * The default `Metrics`. It records to the global MeterProvider, unless `configureMetrics` names another one.
 *
 * @example metrics.incr('orders.created', 1, { tags: { plan: 'pro' } });
 */
export const metrics: Metrics = new RecordingMetrics(defaultOptions);

/**
 * Sets the options of the default `metrics`, which apply to its children and bound counters too. What `startMetrics` of
 * `@tallykit/node` has set up stays, except what is named here: `tags` are added to its tags and win over them, `prefix` is
 * put after its prefix, and any other option takes the place of the one that it has set. A second call replaces the options
 * of the first.
 *
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example configureMetrics({ prefix: 'shop.', tags: { region: 'eu' } });
 */
export function configureMetrics<T extends Tags<T>>(options: MetricsOptions<T>): void {
  shared.configured = readMetricsOptions('configureMetrics', options);
  applyOptions();
}

/**
 * Sets the options under those of `configureMetrics`. It is meant for what starts metrics on behalf of a program, as
 * `startMetrics` of `@tallykit/node` does; the program's own options win, whether they are set before or after this.
 *
 * @param options `events: []` says that no backend takes events; without `events` they are kept until one is named
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example setUpMetrics({ meterProvider, events: exporter });
 */
export function setUpMetrics<T extends Tags<T>>(options: MetricsOptions<T>): void {
  shared.setUp = readMetricsOptions('setUpMetrics', options);
  applyOptions();
}

function applyOptions(): void {
  const { registry } = defaultOptions();
  if (registry !== undefined) adoptWaiting(registry);
  beginGeneration();
  sendWaitingEvents();
}
