import type { AsyncLocalStorage } from 'node:async_hooks';
import type { MeterProvider } from '@opentelemetry/api';
import type { MetricEvent } from './event.ts';
import type { ResolvedOptions } from './options.ts';
import { createRegistry } from './registry.ts';
import type { Cell, Registry } from './registry.ts';
import type { Scope } from './tags.ts';

/**
 * What all copies of this package in a process share. An application may load the ES module and the CommonJS build
 * side by side. This is plain data, so that each copy can work with what another one made. The number in the symbol is
 * the version of its shape, and goes up when the shape changes: here, or in registry.ts.
 */
export interface Shared {
  /** Goes up when the default options or the global MeterProvider change. Everybody then binds anew. */
  generation: number;
  /** Options of the default `metrics` that came from `setUpMetrics`. */
  setUp: ResolvedOptions;
  /** Options of the default `metrics` that came from `configureMetrics`. */
  configured: ResolvedOptions;
  /** The global MeterProvider when it was last looked at. */
  provider: MeterProvider | undefined;
  /** Where calls for the global MeterProvider are recorded: its own registry, or `waiting`. */
  current: Registry;
  /** Keeps what is recorded while there is no global MeterProvider. */
  waiting: Registry;
  /** Those of MeterProviders and of producers, whichever was handed in. */
  readonly registries: WeakMap<object, Registry>;
  /** For each cell whose values were delivered: the cell of the same series where they went. */
  readonly movedCells: WeakMap<Cell, Cell>;
  /** Called when `generation` went up. */
  readonly followers: Set<() => void>;
  /** Copies of the OpenTelemetry API whose `disable` is watched. */
  readonly watched: WeakSet<object>;
  /** Events that were recorded before a backend for them was named, in their order, and where they were recorded. */
  events: WaitingEvent[];
  /** Tags that follow the asynchronous context. Made by the first `withTags`. */
  scopes: AsyncLocalStorage<Scope> | undefined;
  /** What the warnings were about that were logged already, by their topics. */
  readonly logged: Map<string, Set<string>>;
}

export interface WaitingEvent {
  registry: Registry;
  readonly event: MetricEvent;
}

const KEY = Symbol.for('@tallykit/metrics/4');

function createShared(): Shared {
  const waiting = createRegistry();
  return {
    generation: 1,
    setUp: {},
    configured: {},
    provider: undefined,
    current: waiting,
    waiting,
    registries: new WeakMap(),
    movedCells: new WeakMap(),
    followers: new Set(),
    watched: new WeakSet(),
    events: [],
    scopes: undefined,
    logged: new Map(),
  };
}

const holder = globalThis as { [KEY]?: Shared };

export const shared: Shared = (holder[KEY] ??= createShared());

/** Whether a copy of this package is loaded that keeps its state in another shape, so that the two share nothing. */
export function hasOtherVersion(): boolean {
  return Object.getOwnPropertySymbols(globalThis).some(
    (symbol) => symbol !== KEY && /^@tallykit\/metrics\/\d+$/u.test(symbol.description ?? ''),
  );
}
