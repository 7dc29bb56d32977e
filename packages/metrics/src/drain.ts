import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import { reason, refuse } from './refusals.ts';
import { metricOf } from './registry.ts';
import type { Cell, MeterRecord, MetricRecord, Registry } from './registry.ts';
import { cellOf, overflowOf } from './series.ts';

// Node's own, taken when the module is loaded: a test framework that replaces the global one must not hold up a collection.
const { setImmediate } = timers;

/** A drain gives the event loop back after this time, in milliseconds. */
const SLICE_MILLIS = 8;

/** The clock is read once for so many cells. */
const CELLS_PER_LOOK = 64;

/** A series without values is let go after so many collections. */
const MAX_IDLE_COLLECTIONS = 30;

/** How many timings and distributions are kept, in all, while there is no MeterProvider. */
const MAX_BACKLOG = 10_000;

/** The record of a scope's meter, whose collections drain it. */
export function meterOf(registry: Registry, scope: string): MeterRecord {
  let meterRecord = registry.meters.get(scope);
  if (meterRecord === undefined) {
    const meter = registry.provider?.getMeter(scope);
    meterRecord = { registry, meter, metrics: new Map(), draining: undefined, late: new Set() };
    registry.meters.set(scope, meterRecord);
    if (registry.holds) drainAtCollection(meterRecord);
  }
  return meterRecord;
}

/**
 * The SDK awaits the callbacks of a meter's observables at the start of every collection: an observable that
 * never observes anything, and so exports nothing, is where the held sums are handed over.
 */
function drainAtCollection(meterRecord: MeterRecord): void {
  meterRecord.meter?.createObservableGauge('tallykit.collection').addCallback(() => drain(meterRecord));
}

/** Records one value in a cell that isn't warm. */
export function record(cell: Cell, value: number): void {
  const { metric } = cell;
  const { meter } = metric;
  cell.idle = 0;
  if (meter.meter === undefined) {
    keep(cell, value);
  } else if (metric.holds && meter.draining !== undefined) {
    // This collection has begun: a point that starts now would start after its own end.
    cell.held += value;
    cell.calls += 1;
    meter.late.add(cell);
  } else {
    // The first value of a series goes to the instrument at once, so that its point starts when it was recorded,
    // not when it is collected.
    write(cell, value, 1);
    cell.warm = metric.holds;
  }
}

/** Keeps a value until there is a MeterProvider. */
function keep(cell: Cell, value: number): void {
  const { registry } = cell.metric.meter;
  if (cell.metric.kind === 'gauge') {
    cell.held = value;
    cell.calls += 1;
  } else if (cell.metric.kind === 'histogram') {
    if (registry.backlog.length < MAX_BACKLOG) {
      registry.backlog.push([cell, value]);
    } else {
      refuse(
        registry,
        'no-provider',
        `${MAX_BACKLOG} timings and distributions were recorded before a MeterProvider was registered; further ones ` +
          `are lost until there is one. Register it early, or hand it to createMetrics({ meterProvider }).`,
      );
    }
  } else {
    cell.held += value;
    cell.calls += 1;
  }
}

function write(cell: Cell, value: number, calls: number): void {
  const { meter, write: writeToInstrument, overflow } = cell.metric;
  const { registry } = meter;
  try {
    writeToInstrument?.(value, cell.attributes);
    registry.handed += calls;
    if (cell === overflow) registry.overflowed += calls;
  } catch (error) {
    refuse(
      registry,
      'error',
      `the MeterProvider refused a value of '${cell.metric.name}': ${reason(error)}`,
      { calls },
    );
  }
}

function handOver(cell: Cell): void {
  const { held, calls } = cell;
  cell.held = 0;
  cell.calls = 0;
  if (Number.isFinite(held)) {
    write(cell, held, calls);
  } else {
    const { name, meter } = cell.metric;
    refuse(meter.registry, 'not-finite', `the sum of '${name}' went beyond what a number can hold`, {
      calls,
    });
  }
}

/**
 * Hands every held sum of a meter to its instrument. Runs inside the SDK's collection, which awaits it; many
 * cells are handed over in slices between which the event loop runs.
 */
function drain(meter: MeterRecord): Promise<void> | undefined {
  if (meter.draining !== undefined) return meter.draining;
  const slices = drainSlices(meter);
  if (slices.next().done === true) return undefined;
  meter.draining = finish(meter, slices);
  return meter.draining;
}

async function finish(meter: MeterRecord, slices: Iterator<void>): Promise<void> {
  do await new Promise(setImmediate);
  while (slices.next().done !== true);
  meter.draining = undefined;
  if (meter.late.size === 0) return;
  const { late } = meter;
  meter.late = new Set();
  // After the collection has read its points, these first values go the way of all first values.
  setImmediate(() => {
    for (const cell of late) {
      if (cell.calls > 0) handOver(cell);
      cell.warm = true;
    }
  });
}

function* drainSlices(meter: MeterRecord): Generator<void, void> {
  let sliceEnd = performance.now() + SLICE_MILLIS;
  let cells = 0;
  for (const metric of meter.metrics.values()) {
    for (const cell of metric.cells.values()) {
      drainCell(metric, cell);
      cells += 1;
      if (cells % CELLS_PER_LOOK === 0 && performance.now() >= sliceEnd) {
        yield;
        sliceEnd = performance.now() + SLICE_MILLIS;
      }
    }
    if (metric.overflow !== undefined) drainCell(metric, metric.overflow);
  }
}

function drainCell(metric: MetricRecord, cell: Cell): void {
  if (cell.calls > 0) {
    if (metric.meter.late.has(cell)) return;
    cell.idle = 0;
    handOver(cell);
    return;
  }
  // Nothing since the last collection: the next value is a first value again.
  cell.warm = false;
  cell.idle += 1;
  if (cell.idle > MAX_IDLE_COLLECTIONS && isForgotten(metric, cell)) {
    cell.gone = true;
    metric.cells.delete(cell.key);
  }
}

/** The SDK keeps up-down series for life, and so their place in the budget; observables are ours until removed. */
function isForgotten(metric: MetricRecord, cell: Cell): boolean {
  return metric.kind !== 'upDown' && metric.kind !== 'observable' && cell !== metric.overflow;
}

/** Delivers what was recorded before there was a MeterProvider. */
export function deliver(waiting: Registry, registry: Registry): void {
  const targets = new Map<Cell, Cell>();
  for (const [scope, { metrics }] of waiting.meters) {
    const meter = meterOf(registry, scope);
    for (const metric of metrics.values()) {
      const target = metricOf(meter, metric);
      if (target.kind !== metric.kind) {
        refuseAll(registry, metric);
        continue;
      }
      target.isInternal ||= metric.isInternal;
      for (const cell of metric.cells.values()) {
        targets.set(cell, cellOf(target, new Map(Object.entries(cell.attributes) as [string, string][])));
      }
      if (metric.overflow !== undefined) targets.set(metric.overflow, overflowOf(target));
    }
  }
  for (const [cell, target] of targets) {
    cell.gone = true;
    cell.warm = false;
    if (cell.calls === 0) continue;
    write(target, cell.held, cell.calls);
    target.warm = target.metric.holds;
  }
  for (const [cell, value] of waiting.backlog) {
    const target = targets.get(cell);
    if (target !== undefined) write(target, value, 1);
  }
  registry.droppedTags += waiting.droppedTags;
  for (const [cause, calls] of Object.entries(waiting.refused) as [keyof Registry['refused'], number][]) {
    registry.refused[cause] = (registry.refused[cause] ?? 0) + calls;
  }
}

function refuseAll(registry: Registry, metric: MetricRecord): void {
  const waiting = metric.meter.registry.backlog.filter(([cell]) => cell.metric === metric).length;
  const calls = waiting + callsIn(metric);
  refuse(registry, 'kind-conflict', `metric '${metric.name}' is of another kind at the new MeterProvider`, {
    calls,
    about: metric.name,
  });
}

/** Calls whose values have not reached the SDK yet. */
export function countHeld(registry: Registry): number {
  let calls = registry.backlog.length;
  for (const { metrics } of registry.meters.values()) {
    for (const metric of metrics.values()) calls += callsIn(metric);
  }
  return calls;
}

function callsIn({ cells, overflow }: MetricRecord): number {
  let calls = overflow?.calls ?? 0;
  for (const cell of cells.values()) calls += cell.calls;
  return calls;
}
