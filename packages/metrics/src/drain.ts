import * as timers from 'node:timers';
import { write } from './record.ts';
import { refuse } from './refuse.ts';
import { awaitsCallbacks } from './registry.ts';
import type { Cell, MeterRecord, MetricRecord, Registry } from './registry.ts';
import { forget, MAX_IDLE_COLLECTIONS } from './series.ts';
import { nextTurn, SliceClock } from './slices.ts';

// Taken from Node when the module is loaded: where a test framework replaces the global function, a collection would hang.
const { setImmediate } = timers;

/** The record of an instrumentation scope. It is made if it is new; its collections then drain it. */
export function meterOf(registry: Registry, scope: string): MeterRecord {
  let meter = registry.meters.get(scope);
  if (meter === undefined) {
    const apiMeter = registry.provider?.getMeter(scope);
    meter = {
      name: scope,
      registry,
      apiMeter,
      holds: false,
      metrics: new Map(),
      draining: undefined,
      late: new Set(),
    };
    meter.holds =
      registry.readers !== undefined ||
      (registry.provider !== undefined && awaitsCallbacks(registry.provider) && drainAtCollection(meter));
    registry.meters.set(scope, meter);
  }
  return meter;
}

/**
 * At the start of every collection the SDK awaits the callbacks of a meter's observables. So the callback of an observable
 * that never observes anything, and therefore exports nothing, is the place to hand over the held sums.
 *
 * @returns whether the provider took it; without it nothing may be held
 */
function drainAtCollection(meter: MeterRecord): boolean {
  try {
    meter.apiMeter?.createObservableGauge('tallykit.collection').addCallback(() => drain(meter));
    return true;
  } catch {
    return false;
  }
}

/**
 * Hands every held sum of a meter to its instrument. If there are many cells, this yields to the event loop between slices
 * of them; the SDK's collection awaits the end.
 */
function drain(meter: MeterRecord): Promise<void> | undefined {
  if (meter.draining !== undefined) return meter.draining;
  const slices = drainSlices(meter);
  if (slices.next().done === true) return undefined;
  meter.draining = finish(meter, slices);
  return meter.draining;
}

async function finish(meter: MeterRecord, slices: Iterator<void>): Promise<void> {
  do await nextTurn();
  while (slices.next().done !== true);
  meter.draining = undefined;
  if (meter.late.size === 0) return;
  const { late } = meter;
  meter.late = new Set();
  // These cells got their first values during the collection. They are handed over when it has read its points.
  setImmediate(() => {
    for (const cell of late) {
      if (cell.calls > 0) handOver(cell);
      cell.canHold = true;
    }
  });
}

function* drainSlices(meter: MeterRecord): Generator<void, void> {
  const clock = new SliceClock();
  for (const metric of meter.metrics.values()) {
    for (const cell of metric.cells) {
      drainCell(metric, cell);
      if (!clock.isOver()) continue;
      yield;
      clock.restart();
    }
    if (metric.overflow !== undefined) drainCell(metric, metric.overflow);
  }
}

function drainCell(metric: MetricRecord, cell: Cell): void {
  if (cell.calls > 0) {
    if (metric.meter.late.has(cell)) return;
    cell.idleCollections = 0;
    handOver(cell);
    return;
  }
  // There was no value since the last collection, so the next one is treated like the first value of a series.
  cell.canHold = false;
  cell.idleCollections += 1;
  if (cell.idleCollections > MAX_IDLE_COLLECTIONS && mayForget(metric, cell)) forget(cell);
}

/**
 * Up-down series are not forgotten, because the SDK keeps them for ever and their place in its limit with them. Series of
 * observables live until they are removed.
 */
function mayForget(metric: MetricRecord, cell: Cell): boolean {
  return metric.kind !== 'upDown' && metric.kind !== 'observable' && cell !== metric.overflow;
}

function handOver(cell: Cell): void {
  const { held, calls } = cell;
  cell.held = 0;
  cell.calls = 0;
  if (Number.isFinite(held)) {
    write(cell, held, calls);
  } else {
    const { name, meter } = cell.metric;
    refuse(
      meter.registry,
      'not-finite',
      name,
      `the sum of '${name}' went beyond what a number can hold`,
      calls,
    );
  }
}
