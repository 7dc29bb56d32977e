import { metrics as metricsApi } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/api';
import { deliver } from './deliver.ts';
import { createRegistry, isUsable } from './registry.ts';
import type { Registry } from './registry.ts';
import { beginGeneration, shared } from './shared.ts';

/**
 * The global MeterProvider is looked at each time that this has passed, because another copy of the OpenTelemetry API may
 * set it, and the setter of that copy is not watched.
 */
const POLL_MILLIS = 1_000;

/** The registry of a MeterProvider that was handed in. */
export function registryOf(provider: MeterProvider): Registry {
  let registry = shared.registries.get(provider);
  if (registry === undefined) {
    registry = createRegistry(provider);
    shared.registries.set(provider, registry);
  }
  return registry;
}

/** The registry of the present global MeterProvider, or the one that waits for it. */
export function globalRegistry(): Registry {
  watch();
  lookForProvider();
  return shared.current;
}

/** Makes the setters of the OpenTelemetry API tell us of a new global MeterProvider at once. */
function watch(): void {
  if (!shared.watched.has(metricsApi)) {
    shared.watched.add(metricsApi);
    const setGlobalMeterProvider = metricsApi.setGlobalMeterProvider.bind(metricsApi);
    const disable = metricsApi.disable.bind(metricsApi);
    metricsApi.setGlobalMeterProvider = (provider) => {
      const isSet = setGlobalMeterProvider(provider);
      lookForProvider();
      return isSet;
    };
    metricsApi.disable = () => {
      disable();
      lookForProvider();
    };
  }
  if (shared.timer === undefined) {
    shared.timer = setInterval(lookForProvider, POLL_MILLIS);
    // Some test environments replace timers by numbers, which have no `unref`.
    shared.timer.unref?.();
  }
}

/** When the global MeterProvider is another one than before, delivers to it what waits and begins a new generation. */
function lookForProvider(): void {
  const provider = metricsApi.getMeterProvider();
  if (provider === shared.provider) return;
  shared.provider = provider;
  const { waiting } = shared;
  if (isUsable(provider)) {
    shared.current = registryOf(provider);
    shared.waiting = createRegistry(undefined);
    deliver(waiting, shared.current);
  } else {
    shared.current = waiting;
  }
  beginGeneration();
}
