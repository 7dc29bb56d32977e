import { createNoopMeter } from '@opentelemetry/api';
import type { Attributes, Meter, MeterProvider, MetricOptions, ObservableGauge } from '@opentelemetry/api';
import type { RefusalCause } from './refusals.ts';

/**
 * Everything that is recorded for one MeterProvider, shared by all `Metrics` that use it:
 * registry → meter (instrumentation scope) → metric (name) → cell (one series).
 * Plain data, see shared.ts.
 */
export interface Registry {
  /** `undefined`: waits for a MeterProvider, and keeps what is recorded. */
  readonly provider: MeterProvider | undefined;
  /** Whether counters may be held until the next collection. */
  readonly holds: boolean;
  readonly meters: Map<string, MeterRecord>;
  /** Timings and distributions in their order, while waiting. */
  backlog: [cell: Cell, value: number][];
  metricCount: number;
  /** Calls that reached the SDK. */
  handed: number;
  /** Those of them that went into an overflow series. */
  overflowed: number;
  /** Tags that a tag rule removed, or that had no usable value; counted once for each new series. */
  droppedTags: number;
  refused: Partial<Record<RefusalCause, number>>;
  /** How often an event backend or an operation listener threw. */
  hookErrors: number;
}

export interface MeterRecord {
  readonly registry: Registry;
  readonly meter: Meter | undefined;
  readonly metrics: Map<string, MetricRecord>;
  /** The drain that runs now; whoever collects meanwhile awaits the same one. */
  draining: Promise<void> | undefined;
  /** Cells that got their first value while a drain ran. */
  late: Set<Cell>;
}

export type Kind = 'counter' | 'upDown' | 'gauge' | 'histogram' | 'observable';

/** What a metric is: the first call with its name decides. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly description: string;
  /** Bucket bounds for readers that aggregate into explicit histograms. */
  readonly bounds: number[] | undefined;
  readonly hold: boolean;
  readonly maxSeries: number;
}

export interface MetricRecord extends MetricDefinition {
  readonly meter: MeterRecord;
  /** Whether values stay in the cells until the next collection. */
  readonly holds: boolean;
  /** Records in the SDK's instrument; `undefined` while waiting, and for observables. */
  readonly write: ((value: number, attributes: Attributes) => void) | undefined;
  readonly observable: ObservableGauge | undefined;
  readonly cells: Map<string, Cell>;
  /** The series for what is beyond the budget. */
  overflow: Cell | undefined;
  /** Whether a call said that an internal store is to keep it. */
  isInternal: boolean;
}

/** One series. */
export interface Cell {
  readonly metric: MetricRecord;
  readonly key: string;
  /** Frozen: exporters may cache by its identity. */
  readonly attributes: Attributes;
  /** Whether `held += value` is all that a counter's call has to do. */
  warm: boolean;
  /** What was recorded since the last collection; the last value of a gauge that waits. */
  held: number;
  /** How many calls `held` stands for. */
  calls: number;
  /** Collections since the last value. */
  idle: number;
  /** Let go: whoever still knows this cell looks its series up again. */
  gone: boolean;
}

export function createRegistry(provider: MeterProvider | undefined): Registry {
  return {
    provider,
    holds: awaitsCallbacks(provider),
    meters: new Map(),
    backlog: [],
    metricCount: 0,
    handed: 0,
    overflowed: 0,
    droppedTags: 0,
    refused: {},
    hookErrors: 0,
  };
}

/**
 * Holding needs a provider that awaits the observable callbacks before it reads what was added. The OpenTelemetry
 * SDK does; dd-trace takes its measurements first. Neither class names nor `instanceof` say which one it is
 * across copies of a package, so the shape decides, and any other shape is recorded to directly.
 */
function awaitsCallbacks(provider: MeterProvider | undefined): boolean {
  const { _sharedState: state } = (provider ?? {}) as { _sharedState?: Record<string, unknown> };
  return Array.isArray(state?.['metricCollectors']) && state['meterSharedStates'] instanceof Map;
}

/** Whether a provider gives meters that record: before registration and after shutdown there are only no-ops. */
export function isUsable(provider: MeterProvider): boolean {
  return provider.getMeter('@tallykit/metrics') !== createNoopMeter();
}

/** The metric of this name, made by the first call. */
export function metricOf(meter: MeterRecord, definition: MetricDefinition): MetricRecord {
  let record = meter.metrics.get(definition.name);
  if (record === undefined) {
    const isSum = definition.kind === 'counter' || definition.kind === 'upDown';
    record = {
      ...definition,
      meter,
      holds: isSum && definition.hold && meter.registry.holds,
      ...createInstrument(meter.meter, definition),
      cells: new Map(),
      overflow: undefined,
      isInternal: false,
    };
    meter.metrics.set(definition.name, record);
    meter.registry.metricCount += 1;
  }
  return record;
}

function createInstrument(
  meter: Meter | undefined,
  { name, kind, unit, description, bounds }: MetricDefinition,
): Pick<MetricRecord, 'write' | 'observable'> {
  if (meter === undefined) return { write: undefined, observable: undefined };
  const options: MetricOptions = { unit, description };
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
