import type { Attributes } from '@opentelemetry/api';
import { isFirstTime, logOnce } from './log-once.ts';
import type { Cell, MetricRecord } from './registry.ts';

/** The attributes that OpenTelemetry specifies for the series beyond a cardinality limit. */
const OVERFLOW_ATTRIBUTES: Attributes = Object.freeze({ 'otel.metric.overflow': true });

/** The cell of a series. It is made if it is new; beyond `maxSeries` all new series share the overflow cell. */
export function cellOf(metric: MetricRecord, tags: ReadonlyMap<string, string>): Cell {
  const sorted = [...tags].sort(([first], [second]) => (first < second ? -1 : 1));
  const key = JSON.stringify(sorted);
  let cell = metric.cells.get(key);
  if (cell !== undefined) return cell;
  // Less one, because the overflow series counts for the limit too, as it does in the SDK.
  if (metric.cells.size >= metric.maxSeries - 1) return overflowOf(metric);
  // Made from the key and not from the tags: these texts are copies, which don't keep the longer texts in memory that the
  // caller's may be cut from.
  const copies = JSON.parse(key) as [string, string][];
  cell = createCell(metric, key, Object.freeze(Object.fromEntries(copies)));
  metric.cells.set(key, cell);
  return cell;
}

export function overflowOf(metric: MetricRecord): Cell {
  warnOfOverflow(metric);
  return (metric.overflow ??= createCell(metric, '', OVERFLOW_ATTRIBUTES));
}

function createCell(metric: MetricRecord, key: string, attributes: Attributes): Cell {
  const isWaiting = metric.meter.apiMeter === undefined;
  const canHold = isWaiting && (metric.kind === 'counter' || metric.kind === 'upDown');
  return {
    metric,
    key,
    attributes,
    canHold,
    held: 0,
    calls: 0,
    idleCollections: 0,
    isForgotten: false,
    movedTo: undefined,
    observer: undefined,
  };
}

/** Where a cell's values went: to the cell itself, or to that of the MeterProvider to which they were delivered. */
export function presentCell(cell: Cell): Cell {
  let present = cell;
  while (present.movedTo !== undefined) present = present.movedTo;
  return present;
}

/** The warning names the tag that has the most values, because that is nearly always the one that should not be a tag. */
function warnOfOverflow(metric: MetricRecord): void {
  if (!isFirstTime('overflow', metric.name)) return;
  const valuesByTag = new Map<string, Set<string>>();
  for (const { attributes } of metric.cells.values()) {
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
