import { metrics as metricsApi } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/api';
import { deliver } from './deliver.ts';
import { beginGeneration } from './generation.ts';
import { createRegistry, isUsable } from './registry.ts';
import type { Registry } from './registry.ts';
import { shared } from './shared.ts';

/** Where all copies of the OpenTelemetry API keep what is registered. */
const API_KEY = Symbol.for('opentelemetry.js.api.1');

/** The registry of a MeterProvider that was handed in. */
export function registryOf(provider: MeterProvider): Registry {
  let registry = shared.registries.get(provider);
  if (registry === undefined) {
    registry = createRegistry({ provider });
    shared.registries.set(provider, registry);
  }
  return registry;
}

/** The registry of the present global MeterProvider, or the one that waits for it. */
export function globalRegistry(): Registry {
  lookForProvider();
  return shared.current;
}

/** Delivers what was recorded before there was somewhere to go. */
export function adoptWaiting(registry: Registry): void {
  const { waiting } = shared;
  shared.waiting = createRegistry();
  if (shared.current === waiting) shared.current = shared.waiting;
  deliver(waiting, registry);
}

/**
 * When the global MeterProvider is another one than before, delivers to it what waits and begins a new generation. Never
 * throws.
 */
export function lookForProvider(): void {
  watch();
  const provider = metricsApi.getMeterProvider();
  if (provider === shared.provider) return;
  shared.provider = provider;
  if (isUsable(provider)) {
    shared.current = registryOf(provider);
    adoptWaiting(shared.current);
  } else {
    shared.current = shared.waiting;
  }
  beginGeneration();
}

/**
 * Makes every registration of a global MeterProvider be seen at once, by whatever copy of the API it is made. All copies
 * write it to the same property of the same object, so that property gets a setter. A timer would do as well, and would keep
 * in memory what a test framework wants to throw away.
 */
function watch(): void {
  watchDisable();
  const holder = globalThis as { [API_KEY]?: object };
  const api = holder[API_KEY];
  if (api !== undefined) {
    onRegistration(api);
  } else if (Object.getOwnPropertyDescriptor(holder, API_KEY) === undefined) {
    Object.defineProperty(holder, API_KEY, {
      configurable: true,
      get: () => undefined,
      set(created: object) {
        Object.defineProperty(holder, API_KEY, {
          value: created,
          configurable: true,
          enumerable: true,
          writable: true,
        });
        onRegistration(created);
      },
    });
  }
}

function onRegistration(api: { metrics?: unknown }): void {
  const present = Object.getOwnPropertyDescriptor(api, 'metrics');
  if (present?.set !== undefined || !(present?.configurable ?? Object.isExtensible(api))) return;
  let { metrics: registered } = api;
  Object.defineProperty(api, 'metrics', {
    configurable: true,
    enumerable: true,
    get: () => registered,
    set(provider: unknown) {
      registered = provider;
      lookForProvider();
    },
  });
}

/** `disable` of the API deletes the property, with its setter. */
function watchDisable(): void {
  if (shared.watched.has(metricsApi)) return;
  shared.watched.add(metricsApi);
  const disable = metricsApi.disable.bind(metricsApi);
  metricsApi.disable = () => {
    disable();
    lookForProvider();
  };
}
