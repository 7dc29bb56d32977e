import { record, recordTiming } from './record.ts';
import type { Cell } from './registry.ts';
import { shared } from './shared.ts';

/** The series of a handle. */
export class BoundSeries {
  readonly #call: (value: number) => Cell | undefined;
  #cell: Cell | undefined;
  #generation = 0;

  /** @param call records a value as its verb does, and returns the cell that may take the next ones */
  constructor(call: (value: number) => Cell | undefined) {
    this.#call = call;
  }

  /** The cell of the series, if a value may go straight there. Most values are recorded with it. */
  get cell(): Cell | undefined {
    return this.#generation === shared.generation ? this.#cell : undefined;
  }

  /**
   * Records a first value, a value that can't be recorded, and any value where the cell takes none or belongs to an earlier
   * generation.
   */
  record(value: number): void {
    this.#cell = this.#call(value);
    this.#generation = shared.generation;
  }
}

/**
 * A counter of one series. `metrics.counter` makes it.
 *
 * @example
 * const hits = metrics.counter('http.hits', { route: '/' });
 * hits.incr();
 */
export class BoundCounter {
  readonly #series: BoundSeries;

  /** @internal */
  constructor(series: BoundSeries) {
    this.#series = series;
  }

  /**
   * Adds to the counter. What can't be recorded is counted in `stats()` of the `Metrics`. Throws nothing, except a
   * `TagRuleError` where `tagRules` ask for it. It may be called without the counter: `const { incr } = counter`.
   *
   * @param value zero or more
   */
  readonly incr = (value = 1): void => {
    const { cell } = this.#series;
    if (cell !== undefined && cell.canHold && isFrom(0, value)) {
      cell.metric.meter.registry.recorded += 1;
      cell.held += value;
      cell.calls += 1;
    } else {
      this.#series.record(value);
    }
  };
}

/**
 * An up-down counter of one series. `metrics.bindUpDown` makes it.
 *
 * @example
 * const active = metrics.bindUpDown('requests.active', { route: '/' });
 * active.add(1);
 */
export class BoundUpDown {
  readonly #series: BoundSeries;

  /** @internal */
  constructor(series: BoundSeries) {
    this.#series = series;
  }

  /**
   * Adds to the value, as `upDown` of `Metrics` does. It may be called without the handle.
   *
   * @param value any finite number; negative to go down
   */
  readonly add = (value: number): void => {
    const { cell } = this.#series;
    if (cell !== undefined && cell.canHold && isFrom(-Number.MAX_VALUE, value)) {
      cell.metric.meter.registry.recorded += 1;
      cell.held += value;
      cell.calls += 1;
    } else {
      this.#series.record(value);
    }
  };
}

/**
 * A gauge of one series. `metrics.bindGauge` makes it.
 *
 * @example
 * const depth = metrics.bindGauge('queue.depth', { queue: 'mail' });
 * depth.record(12);
 */
export class BoundGauge {
  readonly #series: BoundSeries;

  /** @internal */
  constructor(series: BoundSeries) {
    this.#series = series;
  }

  /**
   * Sets the value, as `gauge` of `Metrics` does. It may be called without the handle.
   *
   * @param value any finite number
   */
  readonly record = (value: number): void => {
    const { cell } = this.#series;
    if (cell !== undefined && !cell.isForgotten && isFrom(-Number.MAX_VALUE, value)) {
      cell.metric.meter.registry.recorded += 1;
      record(cell, value);
    } else {
      this.#series.record(value);
    }
  };
}

/**
 * Durations of one series. `metrics.bindTiming` makes it.
 *
 * @example
 * const query = metrics.bindTiming('db.query', { table: 'orders' });
 * query.record(14.2);
 */
export class BoundTiming {
  readonly #series: BoundSeries;

  /** @internal */
  constructor(series: BoundSeries) {
    this.#series = series;
  }

  /**
   * Records a duration, as `timing` of `Metrics` does. It may be called without the handle.
   *
   * @param milliseconds zero or more; they are converted where the metric has another unit of time
   */
  readonly record = (milliseconds: number): void => {
    const { cell } = this.#series;
    if (cell !== undefined && !cell.isForgotten && isFrom(0, milliseconds)) {
      cell.metric.meter.registry.recorded += 1;
      recordTiming(cell, milliseconds);
    } else {
      this.#series.record(milliseconds);
    }
  };
}

/**
 * A distribution of one series. `metrics.bindDistribution` makes it.
 *
 * @example
 * const size = metrics.bindDistribution('upload.size', { kind: 'image' }, { unit: 'By' });
 * size.record(52_001);
 */
export class BoundDistribution {
  readonly #series: BoundSeries;

  /** @internal */
  constructor(series: BoundSeries) {
    this.#series = series;
  }

  /**
   * Records a value, as `distribution` of `Metrics` does. It may be called without the handle.
   *
   * @param value zero or more
   */
  readonly record = (value: number): void => {
    const { cell } = this.#series;
    if (cell !== undefined && !cell.isForgotten && isFrom(0, value)) {
      cell.metric.meter.registry.recorded += 1;
      record(cell, value);
    } else {
      this.#series.record(value);
    }
  };
}

function isFrom(least: number, value: unknown): boolean {
  return typeof value === 'number' && value >= least && value <= Number.MAX_VALUE;
}
