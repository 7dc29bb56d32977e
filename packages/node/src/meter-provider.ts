import { metrics as metricsApi, type MeterProvider as ApiMeterProvider } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  processDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
  type Resource,
} from '@opentelemetry/resources';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';
import { log } from '@tallykit/exporter-base';
import { setUpMetrics } from '@tallykit/metrics';
import { listenerOf, sinksOf } from './api-hooks.ts';
import type { Backend } from './backend.ts';
import type { InstrumentWatch } from './instrument-watch.ts';
import type { Configuration } from './configuration.ts';
import { COMPONENT } from './options.ts';

/** A MeterProvider with the readers of these backends, and its resource. */
export function createProvider(
  { resource: given, views }: Configuration,
  backends: readonly Backend[],
  instruments: InstrumentWatch,
): { readonly provider: MeterProvider; readonly resource: Resource } {
  const detected = detectResources({
    detectors: [envDetector, hostDetector, processDetector, serviceInstanceIdDetector],
  });
  const resource = defaultResource().merge(detected).merge(resourceFromAttributes(given));
  const readers = backends.flatMap(({ reader }) => (reader === undefined ? [] : [reader]));
  return { provider: instruments.createProvider({ resource, views, readers }), resource };
}

/**
 * Registers a MeterProvider globally, if the configuration wants that, and leads the default `metrics` to it and to the
 * backends.
 *
 * @returns takes both back
 */
export function register(
  { api, global }: Configuration,
  meterProvider: ApiMeterProvider,
  backends: readonly Backend[],
  store: Backend | undefined,
): () => void {
  const isRegistered = () => metricsApi.getMeterProvider() === meterProvider;
  const wasRegistered = isRegistered();
  if (global && !wasRegistered && !metricsApi.setGlobalMeterProvider(meterProvider)) {
    log(
      'warn',
      `${COMPONENT}: the process has a global MeterProvider already, which stays. The default \`metrics\` records to the ` +
        "backends that were started; instruments of OpenTelemetry's own API don't. Start metrics before it is registered, " +
        'or say `global: false`.',
    );
  }
  // The store keeps events beside the backends: an event that no backend sends is still an error.
  const events = [...(store?.sink ? [store.sink] : []), ...sinksOf(backends)];
  const operations = listenerOf(backends);
  setUpMetrics({
    ...api,
    // A MeterProvider that was handed in has backends that are not known here.
    ...((backends.length > 0 || events.length > 0) && { events }),
    ...(operations !== undefined && { operations }),
    ...(!isRegistered() && { meterProvider }),
  });
  return () => {
    setUpMetrics(api);
    if (!wasRegistered && isRegistered()) metricsApi.disable();
  };
}

/** Flushes a MeterProvider that was handed in, if it can. */
export async function flushProvider(provider: ApiMeterProvider): Promise<void> {
  await (provider as { forceFlush?: () => Promise<void> }).forceFlush?.();
}
