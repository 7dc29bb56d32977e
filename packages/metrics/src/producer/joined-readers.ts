import { refuse } from '../refuse.ts';
import type { Cell, MetricRecord, ReaderSet, Registry } from '../registry.ts';
import type { Reader } from './reader.ts';

/** The readers that collect from the same cells. The first set of producers that is named together makes one. */
export class JoinedReaders implements ReaderSet {
  readonly #all: readonly Reader[];
  readonly #registry: () => Registry;
  /** Those that have not left. */
  #present: readonly Reader[];

  constructor(readers: readonly Reader[], registry: () => Registry) {
    this.#all = readers;
    // A producer may be detached before it is named.
    this.#present = readers.filter((reader) => !reader.hasLeft);
    this.#registry = registry;
  }

  get registry(): Registry {
    return this.#registry();
  }

  get size(): number {
    return this.#all.length;
  }

  get isOpen(): boolean {
    return this.#present.length > 0;
  }

  /**
   * Whether there has never been more than one reader. Then sums and gauges need no shares: what a cell holds is what the
   * reader has not collected, or all that there was where it is cumulative.
   */
  get isSole(): boolean {
    return this.#all.length === 1;
  }

  /** The reader whose collections count for the forgetting of series. */
  isFirst(reader: Reader): boolean {
    return this.#present[0] === reader;
  }

  made(metric: MetricRecord): void {
    for (const reader of this.#present) reader.made(metric);
  }

  takeValues(cell: Cell): void {
    const { values, metric } = cell;
    if (values === undefined || values.length === 0) return;
    for (const reader of this.#present) if (reader.takes(metric)) reader.histogramOf(cell).add(values);
    values.length = 0;
  }

  /** Counts the calls that a cell holds as handed to the readers, and returns how many there were. */
  takeCalls(cell: Cell): number {
    const { calls, metric } = cell;
    if (calls === 0) return 0;
    cell.calls = 0;
    cell.idleCollections = 0;
    const { registry } = metric.meter;
    registry.handed += calls;
    if (cell === metric.overflow) registry.overflowed += calls;
    return calls;
  }

  /** The readers that get a metric. */
  takersOf(metric: MetricRecord): readonly Reader[] {
    return this.#present.filter((reader) => reader.takes(metric));
  }

  /** Whether no reader would miss a series that is forgotten. Up-down series are kept for ever, as by the SDK. */
  mayForget(cell: Cell): boolean {
    const { metric } = cell;
    return (
      metric.kind !== 'upDown' &&
      cell !== metric.overflow &&
      this.#present.every((reader) => reader.isDelta(metric.kind) || !reader.takes(metric)) &&
      this.#present.every((reader) => isEmpty(cell.shares?.[reader.place]))
    );
  }

  /** Lets a reader go. Without any reader, what the cells hold is refused, and so is whatever is recorded later. */
  leave(reader: Reader): void {
    if (reader.hasLeft) return;
    reader.hasLeft = true;
    this.#present = this.#present.filter((other) => other !== reader);
    for (const cell of cellsOf(this.registry)) {
      if (cell.shares !== undefined) cell.shares[reader.place] = undefined;
      if (!this.isOpen) refuseHeld(cell);
    }
  }
}

function isEmpty(share: unknown): boolean {
  return share === undefined || (typeof share === 'object' && (share as { count: number }).count === 0);
}

function* cellsOf({ meters }: Registry): Generator<Cell> {
  for (const { metrics } of meters.values()) {
    for (const metric of metrics.values()) {
      yield* metric.cells;
      if (metric.overflow !== undefined) yield metric.overflow;
    }
  }
}

function refuseHeld(cell: Cell): void {
  const { calls, metric } = cell;
  cell.canHold = false;
  cell.values = undefined;
  cell.calls = 0;
  if (calls === 0) return;
  refuse(
    metric.meter.registry,
    'no-reader',
    '',
    `a producer left its reader, the last one, with values that were not collected; the first is of '${metric.name}': flush ` +
      'before detach()',
    calls,
  );
}
