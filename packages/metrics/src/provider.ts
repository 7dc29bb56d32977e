import { metrics as metricsApi } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/api';
import { deliver } from './drain.ts';
import { createRegistry, isUsable } from './registry.ts';
import type { Registry } from './registry.ts';
import { beginGeneration, shared } from './shared.ts';

/** A MeterProvider may come through another copy of the OpenTelemetry API, whose setter nobody watches. */
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

/** The registry of the global MeterProvider as it is now, or the one that waits for it. */
export function globalRegistry(): Registry {
  watch();
  lookForProvider();
  return shared.current;
}

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
    // Some test environments have timers without it.
    shared.timer.unref?.();
  }
}

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
