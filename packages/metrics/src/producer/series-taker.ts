import type { Attributes, HrTime } from '@opentelemetry/api';
import { refuse } from '../refuse.ts';
import type { Cell, MetricRecord } from '../registry.ts';
import { forget, MAX_IDLE_COLLECTIONS } from '../series.ts';
import type { SliceClock } from '../slices.ts';
import type { HistogramValue, ReaderHistogram } from './histogram.ts';
import type { JoinedReaders } from './joined-readers.ts';
import type { Interval, Reader } from './reader.ts';

/** A point of whatever kind. */
export interface Point {
  readonly attributes: Attributes;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly value: number | HistogramValue;
}

/** Takes what the series of one metric have for one reader, and makes it to points. */
export class SeriesTaker {
  readonly points: Point[] = [];
  readonly #metric: MetricRecord;
  readonly #reader: Reader;
  readonly #joined: JoinedReaders;
  readonly #takers: readonly Reader[];
  readonly #isTaker: boolean;
  readonly #isDelta: boolean;
  readonly #countsIdle: boolean;
  readonly #startTime: HrTime;
  readonly #endTime: HrTime;
  /** For histograms that have no values but those in their cell. */
  #scratch: ReaderHistogram | undefined;

  constructor(metric: MetricRecord, reader: Reader, interval: Interval) {
    this.#metric = metric;
    this.#reader = reader;
    this.#joined = reader.joined!;
    this.#isTaker = reader.askInclude(metric);
    this.#takers = this.#joined.takersOf(metric);
    this.#isDelta = reader.isDelta(metric.kind);
    this.#countsIdle = this.#joined.isFirst(reader);
    this.#startTime = this.#isDelta ? interval.deltaStart : interval.cumulativeStart;
    this.#endTime = interval.end;
  }

  /**
   * Takes one cell after the other until a slice is over, and returns where the next slice begins. This is a loop by itself, and
   * by index, because generators and iterators would cost more than taking what a cell holds.
   */
  takeFrom(list: readonly (Cell | undefined)[], from: number, clock: SliceClock): number {
    for (let place = from; place < list.length; place += 1) {
      const cell = list[place];
      if (cell !== undefined) this.take(cell);
      if (clock.isOver()) return place + 1;
    }
    return list.length;
  }

  take(cell: Cell): void {
    if (cell.isForgotten) return;
    const isIdle = cell.calls === 0;
    const value = this.#valueOf(cell);
    if (value !== undefined) {
      const { attributes } = cell;
      this.points.push({ attributes, startTime: this.#startTime, endTime: this.#endTime, value });
    }
    if (isIdle && this.#countsIdle) this.#countIdle(cell);
  }

  /** @returns `undefined` if there is nothing for the reader */
  #valueOf(cell: Cell): number | HistogramValue | undefined {
    if (this.#metric.kind === 'histogram') return this.#histogramOf(cell);
    if (this.#joined.isSole) return this.#numberOfSole(cell);
    this.#share(cell);
    if (!this.#isTaker) return this.#leaveShare(cell);
    const { [this.#reader.place]: share } = cell.shares ?? [];
    if (share !== undefined && this.#isDelta) cell.shares![this.#reader.place] = undefined;
    return share as number | undefined;
  }

  /** A sum or a gauge where there is one reader: the cell itself has what is the reader's. */
  #numberOfSole(cell: Cell): number | undefined {
    const calls = this.#joined.takeCalls(cell);
    const isGauge = this.#metric.kind === 'gauge';
    const isLost = calls > 0 && !Number.isFinite(cell.held);
    if (isLost) this.#refuseSum(cell, calls);
    const { held } = cell;
    if ((this.#isDelta || !this.#isTaker) && !isGauge) cell.held = 0;
    if (!this.#isTaker || (this.#isDelta && (calls === 0 || isLost))) return undefined;
    return held;
  }

  /** Gives what a cell holds to all readers. */
  #share(cell: Cell): void {
    const calls = this.#joined.takeCalls(cell);
    if (calls === 0) return;
    const isGauge = this.#metric.kind === 'gauge';
    const { held } = cell;
    if (!isGauge) cell.held = 0;
    for (const { place } of this.#takers) {
      cell.shares ??= [];
      const share = isGauge ? undefined : (cell.shares[place] as number | undefined);
      const sum = share === undefined ? held : share + held;
      if (Number.isFinite(sum)) cell.shares[place] = sum;
      else this.#refuseSum(cell, place === this.#takers[0]!.place ? calls : 0);
    }
  }

  /** Takes calls back from those that were handed to the readers, because a sum went beyond what a number can hold. */
  #refuseSum(cell: Cell, calls: number): void {
    const { registry } = this.#metric.meter;
    registry.handed -= calls;
    if (cell === this.#metric.overflow) registry.overflowed -= calls;
    const { name } = this.#metric;
    refuse(registry, 'not-finite', name, `the sum of '${name}' went beyond what a number can hold`, calls);
    if (!Number.isFinite(cell.held)) cell.held = Math.sign(cell.held) * Number.MAX_VALUE;
  }

  #histogramOf(cell: Cell): HistogramValue | undefined {
    const calls = this.#joined.takeCalls(cell);
    if (this.#joined.isSole && this.#isDelta && this.#isTaker && cell.shares === undefined) {
      if (calls === 0) return undefined;
      const scratch = (this.#scratch ??= this.#reader.wishes.createHistogram(this.#metric.unit));
      scratch.add(cell.values!);
      cell.values!.length = 0;
      return scratch.takeAll();
    }
    this.#joined.takeValues(cell);
    const { [this.#reader.place]: share } = (cell.shares ?? []) as ReaderHistogram[];
    if (!this.#isTaker) return this.#leaveShare(cell);
    if (share === undefined || share.count === 0) return undefined;
    if (!this.#isDelta) return share.collect();
    if (this.#joined.isSole) cell.shares = undefined;
    return share.takeAll();
  }

  /** Drops what was shared while the reader took the metric. A series with a share would never be forgotten. */
  #leaveShare({ shares }: Cell): undefined {
    if (shares?.[this.#reader.place] !== undefined) shares[this.#reader.place] = undefined;
  }

  #countIdle(cell: Cell): void {
    cell.idleCollections += 1;
    if (cell.idleCollections >= MAX_IDLE_COLLECTIONS && this.#joined.mayForget(cell)) forget(cell);
  }
}
