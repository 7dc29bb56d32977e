import { createNoopMeter } from '@opentelemetry/api';
import type { Attributes, Meter, MeterProvider, MetricOptions, ObservableGauge } from '@opentelemetry/api';
import { CallbackList } from './callback-list.ts';
import { SeriesTable } from './series-table.ts';
import { boundsFor, timeUnitOf } from './time-unit.ts';
import type { TimeUnit } from './time-unit.ts';

/**
 * Why a call was not recorded.
 *
 * - `not-a-number`: the value is not a number
 * - `not-finite`: the value is NaN or infinite, or a sum became infinite
 * - `negative`: the value is negative, for `incr`, `timing` or `distribution`
 * - `bad-name`: the name is not a string, is empty, or has over 255 characters with its prefix; or an event has no title or
 *   no text
 * - `bad-unit`: a timing has a unit that is none of time, or its metric has such a unit
 * - `tag-rule`: a call had a denied tag, and `onViolation` of the tag rules is `'throw'`
 * - `kind-conflict`: the name belongs to a metric of another kind
 * - `too-many-metrics`: there are `maxMetrics` names already
 * - `no-provider`: too many values were recorded before there was somewhere to go, a MeterProvider or producers
 * - `no-reader`: all producers have left their readers, by `detach` or because their readers are gone
 * - `no-event-backend`: no backend takes events, or too many were recorded before there was one
 * - `timeout`: a callback of `observe` took longer than `observeTimeoutMillis`
 * - `error`: a getter of the arguments, a callback of `observe`, or the MeterProvider threw
 */
export type RefusalCause =
  | 'not-a-number'
  | 'not-finite'
  | 'negative'
  | 'bad-name'
  | 'bad-unit'
  | 'tag-rule'
  | 'kind-conflict'
  | 'too-many-metrics'
  | 'no-provider'
  | 'no-reader'
  | 'no-event-backend'
  | 'timeout'
  | 'error';

/**
 * Everything that is recorded for one MeterProvider, shared by all `Metrics` that use it:
 * registry → meter (instrumentation scope) → metric (name) → cell (one series).
 * Plain data; its shape belongs to the version in shared.ts.
 */
export interface Registry {
  /** Whose instruments get the values, if it is a MeterProvider's. */
  readonly provider: MeterProvider | undefined;
  /** What collects the values from the cells, if these are readers with a producer of their own. */
  readonly readers: ReaderSet | undefined;
  /** When it was made, in milliseconds since 1970. */
  startMillis: number;
  readonly meters: Map<string, MeterRecord>;
  /** Timings and distributions that were recorded before there was a MeterProvider, in their order. */
  backlog: [cell: Cell, value: number][];
  /** Where everything went that waited here for a MeterProvider. Nothing more is counted here then. */
  deliveredTo: Registry | undefined;
  metricCount: number;
  /** Calls, counted where they begin. */
  recorded: number;
  /** Calls whose values reached the MeterProvider. */
  handed: number;
  /** Those of them that went into an overflow series. */
  overflowed: number;
  /** Tags that a tag rule removed, or that had no usable value; counted once for each new series. */
  droppedTags: number;
  refused: Partial<Record<RefusalCause, number>>;
  /** Calls whose arguments have a wrong shape. Those that could be recorded without them are among `handed`. */
  malformed: number;
  /** How often an event backend, an operation listener or a function of the tag rules threw. */
  hookErrors: number;
}

/** The readers that collect what the cells of a registry hold. `@tallykit/metrics/producer` makes it. */
export interface ReaderSet {
  /** How many there were at first. */
  readonly size: number;
  /** Whether one is left. */
  readonly isOpen: boolean;
  /** Is told of each metric that is made. */
  made?(metric: MetricRecord): void;
  /** Gives the values that a cell of a histogram holds to all readers, so that it has room for others. */
  takeValues(cell: Cell): void;
}

/** What is recorded under one instrumentation scope. */
export interface MeterRecord {
  /** The name of the scope. */
  readonly name: string;
  readonly registry: Registry;
  /** The MeterProvider's meter; `undefined` without a MeterProvider. */
  readonly apiMeter: Meter | undefined;
  /** Whether counters may be held until the next collection. */
  holds: boolean;
  readonly metrics: Map<string, MetricRecord>;
  /** The drain that is running. Another reader that collects meanwhile awaits the same one. */
  draining: Promise<void> | undefined;
  /** Cells that got their first value while a drain was running. */
  late: Set<Cell>;
}

export type Kind = 'counter' | 'upDown' | 'gauge' | 'histogram' | 'observable';

/** What a metric is. The first call with its name decides. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly description: string;
  readonly hold: boolean;
  readonly maxSeries: number;
}

export interface MetricRecord extends MetricDefinition {
  readonly meter: MeterRecord;
  /** What durations are converted to; `undefined` if the metric's unit is none of time. */
  readonly timeUnit: TimeUnit | undefined;
  /** Whether values stay in the cells until the next collection. */
  readonly holds: boolean;
  /** Records in the instrument; `undefined` without a MeterProvider, and for observables. */
  readonly write: ((value: number, attributes: Attributes) => void) | undefined;
  readonly observable: ObservableRecord | undefined;
  readonly cells: SeriesTable;
  /** What reads the series of `observe`. */
  readonly observers: Map<Cell, SeriesObserver>;
  /** The series to which everything beyond `maxSeries` is added. */
  overflow: Cell | undefined;
  /** Whether a call had the option `internal`, so that an internal store keeps the metric. */
  isInternal: boolean;
}

/** Where callbacks that observe a gauge are kept. */
export type ObservableRecord = Pick<ObservableGauge, 'addCallback' | 'removeCallback'>;

/** What is kept of one series. */
export interface Cell {
  readonly metric: MetricRecord;
  /** Frozen, and the same object at each export, so exporters may use it as the key of a cache. */
  readonly attributes: Attributes;
  /** Whether a call may just add its value to `held`. */
  canHold: boolean;
  /** The sum since the last collection, or the last value of a gauge. */
  held: number;
  /** How many calls were recorded since the last collection. */
  calls: number;
  /** The values of a histogram that no reader has taken yet, where readers collect from the cells. */
  values: number[] | undefined;
  /** What each reader has taken and not collected, by the number of the reader; see the producers. */
  shares: unknown[] | undefined;
  /** Collections since the last value. */
  idleCollections: number;
  /** Whether the metric has this series no more. A caller that still has this cell must find the series anew. */
  isForgotten: boolean;
}

/** What reads one series at each collection. */
export interface SeriesObserver {
  /** Stops reading, because another one reads the series from now on. */
  replaced(): void;
}

export function createRegistry(
  destination: { provider?: MeterProvider; readers?: ReaderSet } = {},
): Registry {
  return {
    provider: destination.provider,
    readers: destination.readers,
    startMillis: Date.now(),
    meters: new Map(),
    backlog: [],
    deliveredTo: undefined,
    metricCount: 0,
    recorded: 0,
    handed: 0,
    overflowed: 0,
    droppedTags: 0,
    refused: {},
    malformed: 0,
    hookErrors: 0,
  };
}

/** Whether a registry keeps what is recorded until there is somewhere to go. */
export function isWaiting({ provider, readers }: Registry): boolean {
  return provider === undefined && readers === undefined;
}

/**
 * Values can be held only for a provider that awaits the callbacks of observables before it reads its counters. The
 * OpenTelemetry SDK does that; dd-trace reads its counters first. Class names and `instanceof` can't tell them apart when
 * there are several copies of a package, so the provider's shape decides. A provider of any other shape gets each call at
 * once.
 */
export function awaitsCallbacks(provider: MeterProvider): boolean {
  const { _sharedState: state } = provider as { _sharedState?: Record<string, unknown> };
  return Array.isArray(state?.['metricCollectors']) && state['meterSharedStates'] instanceof Map;
}

/** Whether a provider gives meters that record. Before a registration and after a shutdown it gives no-ops. */
export function isUsable(provider: MeterProvider): boolean {
  try {
    return provider.getMeter('@tallykit/metrics') !== createNoopMeter();
  } catch {
    return false;
  }
}

/** The metric of this name. The first call makes it. */
export function metricOf(meter: MeterRecord, definition: MetricDefinition): MetricRecord {
  let record = meter.metrics.get(definition.name);
  if (record === undefined) {
    const isSum = definition.kind === 'counter' || definition.kind === 'upDown';
    record = {
      ...definition,
      meter,
      timeUnit: timeUnitOf(definition.unit),
      holds: isSum && (definition.hold || meter.registry.readers !== undefined) && meter.holds,
      ...createInstrument(meter, definition),
      cells: new SeriesTable(),
      observers: new Map(),
      overflow: undefined,
      isInternal: false,
    };
    meter.metrics.set(definition.name, record);
    meter.registry.metricCount += 1;
    meter.registry.readers?.made?.(record);
  }
  return record;
}

function createInstrument(
  { apiMeter: meter, registry }: MeterRecord,
  { name, kind, unit, description }: MetricDefinition,
): Pick<MetricRecord, 'write' | 'observable'> {
  if (meter === undefined) {
    const isRead = kind === 'observable' && registry.readers !== undefined;
    return { write: undefined, observable: isRead ? new CallbackList() : undefined };
  }
  const options: MetricOptions = { unit, description };
  const bounds = kind === 'histogram' ? boundsFor(unit) : undefined;
  if (bounds !== undefined) options.advice = { explicitBucketBoundaries: bounds };
  switch (kind) {
    case 'counter':
    case 'upDown': {
      const counter =
        kind === 'counter' ? meter.createCounter(name, options) : meter.createUpDownCounter(name, options);
      return { write: (value, attributes) => counter.add(value, attributes), observable: undefined };
    }
    case 'gauge':
    case 'histogram': {
      const recorder =
        kind === 'gauge' ? meter.createGauge(name, options) : meter.createHistogram(name, options);
      return { write: (value, attributes) => recorder.record(value, attributes), observable: undefined };
    }
    case 'observable':
      return { write: undefined, observable: meter.createObservableGauge(name, options) };
  }
}

/** How many calls a metric holds. */
export function heldCallsOf({ cells, overflow }: MetricRecord): number {
  let calls = overflow?.calls ?? 0;
  for (const cell of cells) calls += cell.calls;
  return calls;
}
