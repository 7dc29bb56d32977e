import type { HrTime } from '@opentelemetry/api';
import { reasonOf } from '../describe.ts';
import { logOnce } from '../log-once.ts';
import type { ProducerSide } from '../producers.ts';
import type { Cell, Kind, MetricRecord, Registry } from '../registry.ts';
import type { ReaderHistogram } from './histogram.ts';
import { JoinedReaders } from './joined-readers.ts';
import type { ReaderWishes } from './wishes.ts';
import { DELTA } from './wishes.ts';

/** The kind of a metric, as `include` of `createMetricProducer` gets it. */
export type IncludedKind = 'counter' | 'upDown' | 'gauge' | 'histogram';

/** Whether a reader gets a metric. */
export type Include = (name: string, kind: IncludedKind) => boolean;

/** The part of one reader in what a registry's cells hold. */
export class Reader implements ProducerSide {
  readonly wishes: ReaderWishes;
  /** `undefined` before its producer is named in `producers`. */
  joined: JoinedReaders | undefined;
  /** Its place in the shares of the cells. */
  place = 0;
  hasLeft = false;
  readonly #include: Include | undefined;
  /** Not there any more when it was called. */
  #onFirstMetric: (() => void) | undefined;
  readonly #isIncluded = new Map<MetricRecord, boolean>();
  readonly #createdMillis = Date.now();
  /** The end of its last collection, in whole microseconds since 1970. */
  #lastMicros: number | undefined;
  #firstMicros = 0;

  constructor(wishes: ReaderWishes, include: Include | undefined, onFirstMetric?: () => void) {
    this.wishes = wishes;
    this.#include = include;
    this.#onFirstMetric = onFirstMetric;
  }

  join(sides: readonly ProducerSide[], registry: () => Registry): JoinedReaders {
    const readers = sides as readonly Reader[];
    const joined = new JoinedReaders(readers, registry);
    for (const [place, reader] of readers.entries()) {
      reader.joined = joined;
      reader.place = place;
    }
    return joined;
  }

  isDelta(kind: Kind): boolean {
    return this.wishes.temporality[kind] === DELTA;
  }

  /** Whether the reader gets a metric, as far as that is known. */
  takes(metric: MetricRecord): boolean {
    return !this.hasLeft && (this.#isIncluded.get(metric) ?? this.askInclude(metric));
  }

  /** Is told of a metric that was made. */
  made(metric: MetricRecord): void {
    const onFirstMetric = this.#onFirstMetric;
    if (onFirstMetric === undefined || !this.takes(metric)) return;
    this.#onFirstMetric = undefined;
    try {
      onFirstMetric();
    } catch (error) {
      logOnce('onFirstMetric', '', `\`onFirstMetric\` of a producer threw: ${reasonOf(error)}`);
    }
  }

  /** Asks `include` again. What it says may change, as for a metric that becomes internal. */
  askInclude(metric: MetricRecord): boolean {
    const { kind, name } = metric;
    let isIncluded = !this.wishes.dropped.has(kind);
    try {
      isIncluded &&= this.#include?.(name, kind === 'observable' ? 'gauge' : kind) ?? true;
    } catch (error) {
      logOnce('include', name, `\`include\` of a producer threw for '${name}': ${reasonOf(error)}`);
      isIncluded = false;
    }
    this.#isIncluded.set(metric, isIncluded);
    return isIncluded;
  }

  /** The reader's histogram of a series. It is made if there is none. */
  histogramOf(cell: Cell): ReaderHistogram {
    cell.shares ??= [];
    const { [this.place]: known } = cell.shares;
    if (known !== undefined) return known as ReaderHistogram;
    const created = this.wishes.createHistogram(cell.metric.unit);
    cell.shares[this.place] = created;
    return created;
  }

  /** Begins an interval where the last one ended. Times rise, also when the clock is set back. */
  beginInterval(): Interval {
    if (this.#lastMicros === undefined) {
      const { startMillis } = this.joined!.registry;
      this.#firstMicros = microsOf(Math.min(this.#createdMillis, startMillis));
      this.#lastMicros = this.#firstMicros;
    }
    const start = this.#lastMicros;
    const end = Math.max(microsOf(Date.now()), start + 1);
    this.#lastMicros = end;
    return { deltaStart: timeOf(start), cumulativeStart: timeOf(this.#firstMicros), end: timeOf(end) };
  }
}

/** The times of the points of one collection. */
export interface Interval {
  readonly deltaStart: HrTime;
  readonly cumulativeStart: HrTime;
  readonly end: HrTime;
}

/** Whole microseconds, because milliseconds with a fraction are rounded, and two times could become the same one. */
function microsOf(millis: number): number {
  return Math.floor(millis * 1_000);
}

function timeOf(micros: number): HrTime {
  const seconds = Math.floor(micros / 1_000_000);
  return [seconds, (micros - seconds * 1_000_000) * 1_000];
}
