import type { AsyncLocalStorage } from 'node:async_hooks';
import type { MeterProvider } from '@opentelemetry/api';
import type { MetricsOptions } from './options.ts';
import { createRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import type { Scope } from './tags.ts';

/**
 * What all copies of this package in a process share. An application may load the ES module and the CommonJS build
 * side by side. This is plain data, so that each copy can work with what another one made. The number in the symbol is
 * the version of its shape, and goes up when the shape changes: here, or in registry.ts.
 */
export interface Shared {
  /** Goes up when the default options or the global MeterProvider change. Everybody then binds anew. */
  generation: number;
  /** Options of the default `metrics`. */
  options: MetricsOptions;
  /** The global MeterProvider when it was last looked at. */
  provider: MeterProvider | undefined;
  /** Where calls for the global MeterProvider are recorded: its own registry, or `waiting`. */
  current: Registry;
  /** Keeps what is recorded while there is no global MeterProvider. */
  waiting: Registry;
  readonly registries: WeakMap<MeterProvider, Registry>;
  /** Called when `generation` went up. */
  readonly followers: Set<() => void>;
  /** Copies of the OpenTelemetry API whose setter of the global MeterProvider is watched. */
  readonly watched: WeakSet<object>;
  timer: NodeJS.Timeout | undefined;
  /** Tags that follow the asynchronous context. Made by the first `withTags`. */
  scopes: AsyncLocalStorage<Scope> | undefined;
  /** Keys of the warnings that were logged already. */
  readonly logged: Set<string>;
}

const KEY = Symbol.for('@tallykit/metrics/2');

function createShared(): Shared {
  const waiting = createRegistry(undefined);
  return {
    generation: 1,
    options: {},
    provider: undefined,
    current: waiting,
    waiting,
    registries: new WeakMap(),
    followers: new Set(),
    watched: new WeakSet(),
    timer: undefined,
    scopes: undefined,
    logged: new Set(),
  };
}

const holder = globalThis as { [KEY]?: Shared };

export const shared: Shared = (holder[KEY] ??= createShared());

/** Makes everybody bind anew: callers at their next call, followers at once. */
export function beginGeneration(): void {
  shared.generation += 1;
  for (const follow of shared.followers) follow();
}
