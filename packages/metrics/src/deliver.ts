import { reasonOf } from './describe.ts';
import { meterOf } from './drain.ts';
import { write } from './record.ts';
import { refuse } from './refuse.ts';
import { heldCallsOf, metricOf } from './registry.ts';
import type { Cell, MetricRecord, RefusalCause, Registry } from './registry.ts';
import { cellOf, overflowOf } from './series.ts';
import { tagsOf } from './series-table.ts';
import { shared } from './shared.ts';

/**
 * Hands what was recorded before there was a MeterProvider to the MeterProvider of `registry`, with what was counted. A
 * metric that can't be there is refused, and the others arrive. Never throws.
 */
export function deliver(waiting: Registry, registry: Registry): void {
  addCounts(waiting, registry);
  waiting.deliveredTo = registry;
  registry.startMillis = Math.min(registry.startMillis, waiting.startMillis);
  for (const [scope, { metrics }] of waiting.meters) {
    for (const metric of metrics.values()) deliverMetric(scope, metric, registry);
  }
  for (const [cell, value] of waiting.backlog) {
    const target = shared.movedCells.get(cell);
    if (target !== undefined) write(target, value, 1);
  }
  for (const waitingEvent of shared.events) {
    if (waitingEvent.registry === waiting) waitingEvent.registry = registry;
  }
}

function addCounts(waiting: Registry, registry: Registry): void {
  registry.recorded += waiting.recorded;
  registry.handed += waiting.handed;
  registry.overflowed += waiting.overflowed;
  registry.droppedTags += waiting.droppedTags;
  registry.malformed += waiting.malformed;
  registry.hookErrors += waiting.hookErrors;
  for (const [cause, calls] of Object.entries(waiting.refused) as [RefusalCause, number][]) {
    registry.refused[cause] = (registry.refused[cause] ?? 0) + calls;
  }
}

/** Hands over what the cells of a metric hold, and leads each of them to its cell at the MeterProvider. */
function deliverMetric(scope: string, metric: MetricRecord, registry: Registry): void {
  try {
    const target = metricOf(meterOf(registry, scope), metric);
    if (target.kind === metric.kind) {
      target.isInternal ||= metric.isInternal;
      for (const cell of metric.cells) move(cell, cellOf(target, tagsOf(cell)));
      if (metric.overflow !== undefined) move(metric.overflow, overflowOf(target));
    } else {
      refuseMetric(
        metric,
        registry,
        'kind-conflict',
        `metric '${metric.name}' is of another kind at the new MeterProvider`,
      );
    }
  } catch (error) {
    refuseMetric(
      metric,
      registry,
      'error',
      `the new MeterProvider refused metric '${metric.name}': ${reasonOf(error)}`,
    );
  }
}

function move(cell: Cell, target: Cell): void {
  shared.movedCells.set(cell, target);
  cell.isForgotten = true;
  cell.canHold = false;
  if (cell.calls === 0) return;
  write(target, cell.held, cell.calls);
  const { holds, meter } = target.metric;
  target.canHold = holds && (meter.registry.readers?.isOpen ?? true);
}

function refuseMetric(metric: MetricRecord, registry: Registry, cause: RefusalCause, message: string): void {
  for (const cell of [...metric.cells, metric.overflow]) {
    if (cell === undefined) continue;
    cell.isForgotten = true;
    cell.canHold = false;
  }
  const waiting = metric.meter.registry.backlog.filter(([cell]) => cell.metric === metric).length;
  const calls = waiting + heldCallsOf(metric);
  refuse(registry, cause, metric.name, message, calls);
}
