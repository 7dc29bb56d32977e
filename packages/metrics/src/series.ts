import type { Attributes } from '@opentelemetry/api';
import { isFirstTime, logOnce } from './log-once.ts';
import { isWaiting } from './registry.ts';
import type { Cell, MetricRecord } from './registry.ts';
import { shared } from './shared.ts';
import { copyText } from './tags.ts';

/** The attributes that OpenTelemetry specifies for the series beyond a cardinality limit. */
const OVERFLOW_ATTRIBUTES: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/** The cell of a series. It is made if it is new; beyond `maxSeries` all new series share the overflow cell. */
export function cellOf(metric: MetricRecord, tags: ReadonlyMap<string, string>): Cell {
  const { cells } = metric;
  const known = cells.find(tags);
  if (known !== undefined) return known;
  // Less one, because the overflow series counts for the limit too, as it does in the SDK.
  if (cells.size >= metric.maxSeries - 1) return overflowOf(metric);
  const sorted = [...tags].sort(([first], [second]) => (first < second ? -1 : 1));
  const copies = sorted.map(([tag, value]) => [copyText(tag), copyText(value)] as const);
  const cell = createCell(metric, Object.freeze(Object.fromEntries(copies)));
  cells.add(cell, tags);
  return cell;
}

export function overflowOf(metric: MetricRecord): Cell {
  warnOfOverflow(metric);
  return (metric.overflow ??= createCell(metric, OVERFLOW_ATTRIBUTES));
}

function createCell(metric: MetricRecord, attributes: Attributes): Cell {
  const isSum = metric.kind === 'counter' || metric.kind === 'upDown';
  const { registry } = metric.meter;
  return {
    metric,
    attributes,
    canHold: isSum && (registry.readers?.isOpen ?? isWaiting(registry)),
    held: 0,
    calls: 0,
    values: undefined,
    shares: undefined,
    idleCollections: 0,
    isForgotten: false,
  };
}

/** A series is forgotten after so many collections without a value. */
export const MAX_IDLE_COLLECTIONS = 30;

/** Gives the place of a series back. Whoever still has its cell must find the series anew. */
export function forget(cell: Cell): void {
  cell.isForgotten = true;
  cell.canHold = false;
  cell.metric.cells.delete(cell);
}

/** Where a cell's values went: to the cell itself, or to that of the MeterProvider to which they were delivered. */
export function presentCell(cell: Cell): Cell {
  let present = cell;
  for (;;) {
    const target = shared.movedCells.get(present);
    if (target === undefined) return present;
    present = target;
  }
}

/** The warning names the tag that has the most values, because that is nearly always the one that should not be a tag. */
function warnOfOverflow(metric: MetricRecord): void {
  if (!isFirstTime('overflow', metric.name)) return;
  const valuesByTag = new Map<string, Set<string>>();
  for (const { attributes } of metric.cells) {
    for (const [tag, value] of Object.entries(attributes)) {
      const values = valuesByTag.get(tag) ?? new Set();
      valuesByTag.set(tag, values.add(String(value)));
    }
  }
  const [tag, values] = [...valuesByTag].reduce(
    (most, other) => (other[1].size > most[1].size ? other : most),
    ['', new Set<string>()],
  );
  const samples = [...values].slice(0, 3).map((value) => `'${value.slice(0, 40)}'`);
  logOnce(
    'overflow',
    metric.name,
    `metric '${metric.name}' has used up its budget of ${metric.maxSeries} series: its tag '${tag}' has ` +
      `${values.size} values (${samples.join(', ')}, …). Further series are added up under ` +
      `otel.metric.overflow=true. Leave the tag out, give it fewer values, or raise maxSeriesPerMetric and the ` +
      `cardinalityLimits of the metric reader.`,
  );
}
