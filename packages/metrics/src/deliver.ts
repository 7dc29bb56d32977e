import { meterOf } from './drain.ts';
import { write } from './record.ts';
import { refuse } from './refuse.ts';
import { heldCallsOf, metricOf } from './registry.ts';
import type { Cell, MetricRecord, Registry } from './registry.ts';
import { cellOf, overflowOf } from './series.ts';

/** Hands what was recorded before there was a MeterProvider to the MeterProvider of `registry`. */
export function deliver(waiting: Registry, registry: Registry): void {
  const targets = findTargets(waiting, registry);
  for (const [cell, target] of targets) {
    cell.isForgotten = true;
    cell.canHold = false;
    if (cell.calls === 0) continue;
    write(target, cell.held, cell.calls);
    target.canHold = target.metric.holds;
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

/** For each waiting cell the cell of the same series at the MeterProvider. Metrics that can't be there are refused. */
function findTargets(waiting: Registry, registry: Registry): Map<Cell, Cell> {
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
  return targets;
}

function refuseAll(registry: Registry, metric: MetricRecord): void {
  const waiting = metric.meter.registry.backlog.filter(([cell]) => cell.metric === metric).length;
  const calls = waiting + heldCallsOf(metric);
  refuse(registry, 'kind-conflict', `metric '${metric.name}' is of another kind at the new MeterProvider`, {
    calls,
    about: metric.name,
  });
}
