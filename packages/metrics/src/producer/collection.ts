import { ValueType } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import type { DataPointType, MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics';
import type { CallbackList } from '../callback-list.ts';
import type { TimedObservableResult } from '../observer.ts';
import type { MeterRecord, MetricRecord } from '../registry.ts';
import { SliceClock } from '../slices.ts';
import type { Interval, Reader } from './reader.ts';
import { SeriesTaker } from './series-taker.ts';
import type { Point } from './series-taker.ts';
import { CUMULATIVE } from './wishes.ts';

// The numbers of OpenTelemetry's enum `DataPointType`.
const HISTOGRAM = 0 as DataPointType.HISTOGRAM;
const EXPONENTIAL_HISTOGRAM = 1 as DataPointType.EXPONENTIAL_HISTOGRAM;
const GAUGE = 2 as DataPointType.GAUGE;
const SUM = 3 as DataPointType.SUM;

/** One collection of one reader, in slices. */
export class Collection {
  readonly #reader: Reader;
  readonly #interval: Interval;
  readonly #metrics = new Map<MeterRecord, MetricData[]>();
  readonly #observations = new Map<MetricRecord, Map<Attributes, number>>();
  readonly #slices = this.#takeAll();
  /** Resolves when all observed gauges were read. */
  readonly observed: Promise<unknown>;

  /** @param timeoutMillis how long it waits for promises of observed gauges; 0 if it can't wait */
  constructor(reader: Reader, timeoutMillis: number) {
    this.#reader = reader;
    this.#interval = reader.beginInterval();
    this.observed = Promise.all([...this.#observeAll(timeoutMillis)]);
  }

  /** Takes the next slice of the series, and returns whether it was the last one. */
  takeSlice(): boolean {
    return this.#slices.next().done === true;
  }

  /** Takes the rest at once. */
  takeRest(): void {
    while (!this.takeSlice());
  }

  result(): ScopeMetrics[] {
    for (const [metric, values] of this.#observations) {
      const { deltaStart, cumulativeStart, end: endTime } = this.#interval;
      const startTime = this.#reader.isDelta('observable') ? deltaStart : cumulativeStart;
      const points = [...values].map(([attributes, value]) => ({ attributes, startTime, endTime, value }));
      this.#add(metric, points);
    }
    this.#observations.clear();
    return [...this.#metrics]
      .filter(([, metrics]) => metrics.length > 0)
      .map(([{ name }, metrics]) => ({ scope: { name, version: '' }, metrics }));
  }

  /** Leaves out what a later collection has anew, for one result of both. What is delta, that one doesn't have. */
  leaveOut(later: Collection): void {
    for (const [metric, values] of later.#observations) {
      for (const attributes of values.keys()) this.#observations.get(metric)?.delete(attributes);
    }
    for (const [meter, metrics] of this.#metrics) {
      const anew = later.#metrics
        .get(meter)
        ?.filter((metric) => metric.aggregationTemporality === CUMULATIVE);
      const names = new Set(anew?.map(({ descriptor }) => descriptor.name));
      this.#metrics.set(
        meter,
        metrics.filter(({ descriptor }) => !names.has(descriptor.name)),
      );
    }
  }

  /** Starts the callbacks of all observed gauges. */
  *#observeAll(timeoutMillis: number): Generator<Promise<unknown>> {
    for (const metric of this.#allMetrics()) {
      if (metric.kind !== 'observable' || !this.#reader.askInclude(metric)) continue;
      const values = new Map<Attributes, number>();
      const result: TimedObservableResult = {
        timeoutMillis,
        observe: (value, attributes = {}) => values.set(attributes, value),
      };
      this.#observations.set(metric, values);
      const { callbacks } = metric.observable as CallbackList;
      for (const callback of callbacks) yield Promise.resolve(callback(result));
    }
  }

  *#takeAll(): Generator<void, void> {
    const clock = new SliceClock();
    for (const metric of this.#allMetrics()) {
      if (metric.kind === 'observable') continue;
      const taker = new SeriesTaker(metric, this.#reader, this.#interval);
      try {
        const { list } = metric.cells;
        for (let place = 0; place < list.length;) {
          place = taker.takeFrom(list, place, clock);
          if (place === list.length) break;
          yield;
          clock.restart();
        }
        if (metric.overflow !== undefined) taker.take(metric.overflow);
      } finally {
        // What an error in the middle leaves has been taken from the cells.
        this.#add(metric, taker.points);
      }
    }
  }

  *#allMetrics(): Generator<MetricRecord> {
    for (const { metrics } of this.#reader.joined!.registry.meters.values()) yield* metrics.values();
  }

  #add(metric: MetricRecord, points: readonly Point[]): void {
    if (points.length === 0) return;
    const { meter } = metric;
    const metrics = this.#metrics.get(meter) ?? [];
    this.#metrics.set(meter, metrics);
    metrics.push(metricDataOf(metric, this.#reader, points));
  }
}

function metricDataOf(metric: MetricRecord, reader: Reader, dataPoints: readonly Point[]): MetricData {
  const { name, description, unit, kind } = metric;
  const [{ value }] = dataPoints as [Point];
  const types = {
    counter: { dataPointType: SUM, isMonotonic: true },
    upDown: { dataPointType: SUM, isMonotonic: false },
    gauge: { dataPointType: GAUGE },
    observable: { dataPointType: GAUGE },
    histogram:
      typeof value === 'number'
        ? { dataPointType: SUM, isMonotonic: true }
        : { dataPointType: 'scale' in value ? EXPONENTIAL_HISTOGRAM : HISTOGRAM },
  } as const;
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: reader.wishes.temporality[kind],
    ...types[kind],
    dataPoints,
  } as MetricData;
}
