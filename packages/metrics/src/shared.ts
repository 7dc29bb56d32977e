import type { AsyncLocalStorage } from 'node:async_hooks';
import type { MeterProvider } from '@opentelemetry/api';
import type { MetricsOptions } from './options.ts';
import { createRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import type { Scope } from './series.ts';

/**
 * What every copy of this package in a process shares: an application may load the ES module and the CommonJS
 * build side by side. Plain data, so that either copy can work on what the other one made; the version is part
 * of the symbol and goes up when the shape changes.
 */
export interface Shared {
  /** Goes up when the default options or the global MeterProvider change; everybody then binds anew. */
  generation: number;
  /** Options of the default `metrics`. */
  options: MetricsOptions;
  /** The global MeterProvider as it was last seen. */
  provider: MeterProvider | undefined;
  /** What the global MeterProvider records to: its own registry, or `waiting`. */
  current: Registry;
  /** Keeps what is recorded while there is no global MeterProvider. */
  waiting: Registry;
  readonly registries: WeakMap<MeterProvider, Registry>;
  /** Called when `generation` went up. */
  readonly followers: Set<() => void>;
  /** Copies of the OpenTelemetry API that tell us of a new global MeterProvider. */
  readonly watched: WeakSet<object>;
  timer: NodeJS.Timeout | undefined;
  /** Tags that follow the asynchronous context; made by the first `withTags`. */
  scopes: AsyncLocalStorage<Scope> | undefined;
  /** What has been said already. */
  readonly said: Set<string>;
}

const KEY = Symbol.for('@tallykit/metrics/1');

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
    said: new Set(),
  };
}

const holder = globalThis as { [KEY]?: Shared };

export const shared: Shared = (holder[KEY] ??= createShared());

/** Everybody binds anew at the next call, and who records without calls does so now. */
export function beginGeneration(): void {
  shared.generation += 1;
  for (const follow of shared.followers) follow();
}
