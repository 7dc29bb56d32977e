import type { Tags } from '@tallykit/metrics';
import { reasonOf } from '@tallykit/exporter-base';
import { readConfiguration } from './configuration.ts';
import { makeExporters } from './handed-in-exporters.ts';
import { launch, type StartedMetrics } from './launch.ts';
import type { ExporterSources } from './backend-settings.ts';
import { COMPONENT, type InternalOptions, type StartMetricsOptions } from './options.ts';
import { showWarnings } from './warnings.ts';

/**
 * Starts metrics: makes a MeterProvider with a reader for each backend, registers it globally, and configures the default
 * `metrics`. Code wins over environment, environment over default. If metrics were started before, the former backends are
 * shut down.
 *
 * @throws OptionError (`@tallykit/exporter-base`) for a setting that is wrong, and another error for a package that is missing,
 * for an exporter that can't be made, and for a server that doesn't start. Each one says what to change.
 * @example
 * const { metrics, shutdown } = await startMetrics({ backend: 'dogstatsd', options: { host: 'localhost' } });
 * metrics.incr('orders.created');
 * await shutdown();
 */
export async function startMetrics<
  // oxlint-disable-next-line no-generated-empty-object-type -- no exporters, no names of exporters
  Sources extends ExporterSources = Record<never, never>,
  Internal extends InternalOptions | undefined = undefined,
  T extends Tags<T> = Tags,
>(options: StartMetricsOptions<Sources, Internal, T> = {}): Promise<StartedMetrics<Internal>> {
  showWarnings(process.env);
  const configuration = readConfiguration(options, process.env);
  const { ready, ...started } = launch(configuration, await makeExporters(configuration.destinations));
  try {
    await ready;
  } catch (error) {
    await started.shutdown();
    throw new Error(`${COMPONENT}: ${reasonOf(error)}`, { cause: error });
  }
  // Whether there is a store is known by the type of the option.
  return started as StartedMetrics<Internal>;
}
