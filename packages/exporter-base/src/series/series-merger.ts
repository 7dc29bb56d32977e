import type { Attributes } from '@opentelemetry/api';
import type { DataPoint } from '@opentelemetry/sdk-metrics';
import type { Refusal } from '../accounts/ledger.ts';
import { log } from '../support/log.ts';
import { reasonOf } from '../support/reason-of.ts';
import { YIELD } from '../support/yielder.ts';
import { DerivedNames, type DerivedSeries } from './derived-names.ts';
import { MergedMetric, type Source } from './merged-metric.ts';
import type { PendingSeries } from './pending-series.ts';
import { isRefusal, isTime, malformed, type Metric, type Value } from './points.ts';
import { amountAt, commonOf, nameOf, valueAt, type Received, type ReceivedMetric } from './received.ts';
import type { Translate } from './series.ts';

/** Points of which no series is made. */
export interface PointsWithoutSeries {
  readonly points: number;
  readonly amount: number;
  /** The metric's name, for people. */
  readonly metric: string;
  /** Why they are refused; `undefined` for points that need not be sent, such as increases of zero. */
  readonly refusal: Refusal | undefined;
}

/** How many points are read between two places where the event loop may have its turn. */
const STEPS_PER_YIELD = 32;

/** How many series are handed over at once. Those that are delivered should not stay in memory because of the others. */
const SERIES_AT_ONCE = 128;

/**
 * Makes series of points: gives them their names and tags on the wire, and merges those that are equal there. It remembers
 * which attributes belong to which series, and the points of each series that are not sent yet.
 */
export class SeriesMerger {
  readonly #component: string;
  readonly #translator: (resource: Attributes) => Translate;
  readonly #metrics = new Map<string, MergedMetric>();
  readonly #derivedNames: DerivedNames | undefined;
  /** For the resource that came last. Nearly always there is only one, and its attributes never change. */
  #translate: Translate | undefined;
  #attributes: Attributes | undefined;
  #exports = 0;
  #loggedCollision = false;

  constructor(component: string, translator: (resource: Attributes) => Translate, derived?: DerivedSeries) {
    this.#component = component;
    this.#translator = translator;
    if (derived !== undefined) this.#derivedNames = new DerivedNames(component, derived);
  }

  /**
   * Yields the series of several exports together with those that wait from earlier ones, metric by metric. Points that
   * come later are merged into a series as long as it is the `waiting` of its entry.
   */
  *merge(
    exports: readonly Received[],
    waiting: Iterable<PendingSeries>,
  ): Generator<readonly PendingSeries[] | PointsWithoutSeries | typeof YIELD> {
    const planned = new Set<MergedMetric>();
    let steps = 0;
    try {
      yield* this.#plan(planned, exports, waiting);
      for (const merged of planned) {
        for (const source of merged.sources) {
          for (let index = 0; index < source.metric.points; index += 1) {
            const left = this.#readPoint(merged, source, index);
            if (left !== undefined) yield left;
            steps += 1;
            if (steps % STEPS_PER_YIELD === 0) yield YIELD;
          }
        }
        merged.sources = [];
        while (merged.pending.length > 0) yield merged.pending.splice(0, SERIES_AT_ONCE);
      }
    } finally {
      // Something is left only when the caller stopped before the end.
      for (const merged of planned) merged.abandon();
    }
  }

  /** Finds all metrics first, so that series of one name from two scopes or exports are merged before they are sent. */
  *#plan(
    planned: Set<MergedMetric>,
    exports: readonly Received[],
    waiting: Iterable<PendingSeries>,
  ): Generator<PointsWithoutSeries | typeof YIELD> {
    let steps = 0;
    for (const pending of waiting) {
      // Every pending series was made by a `MergedMetric`.
      const merged = pending.metric as MergedMetric;
      merged.pending.push(pending);
      planned.add(merged);
      steps += 1;
      if (steps % STEPS_PER_YIELD === 0) yield YIELD;
    }
    const firstExport = this.#exports + 1;
    for (const { resource, metrics } of exports) {
      this.#exports += 1;
      let known: Translate | undefined;
      const translate = (metric: Metric) => (known ??= this.#translatorOf(resource))(metric);
      for (const metric of metrics) {
        const merged = this.#planMetric(metric, translate);
        if (merged instanceof MergedMetric) {
          merged.beginReading(firstExport);
          planned.add(merged);
        } else if (merged !== undefined) {
          yield merged;
        }
        steps += 1;
        if (steps % STEPS_PER_YIELD === 0) yield YIELD;
      }
    }
    if (exports.length > 0 && planned.size * 2 < this.#metrics.size) {
      for (const [key, merged] of this.#metrics) if (!planned.has(merged)) this.#metrics.delete(key);
    }
    if (this.#derivedNames !== undefined) this.#nameDerived(this.#derivedNames, planned);
  }

  /** Gives histograms their base names. All metrics are known at this moment, and nothing is formatted yet. */
  #nameDerived(names: DerivedNames, planned: ReadonlySet<MergedMetric>): void {
    for (const merged of planned) if (merged.type === 'histogram') names.settle(merged);
    names.tidy(this.#metrics.values());
  }

  /** @returns where the metric's points go, or the points when they are refused */
  #planMetric(metric: ReceivedMetric, translate: Translate): MergedMetric | PointsWithoutSeries | undefined {
    let refusal: Refusal;
    try {
      const common = commonOf(metric);
      const wire = isRefusal(common) ? common : translate(common);
      if (!isRefusal(wire)) {
        const { type, unit } = common as Metric;
        const merged = this.#metricOf(type, wire.name, unit);
        merged.sources.push({ metric, wire, exportNumber: this.#exports });
        return merged;
      }
      refusal = wire;
    } catch (error) {
      refusal = untranslatable(error);
    }
    const { points, amount } = metric;
    return points > 0 ? { points, amount, metric: nameOf(metric), refusal } : undefined;
  }

  #translatorOf(attributes: Attributes): Translate {
    if (this.#translate === undefined || this.#attributes !== attributes) {
      this.#translate = this.#translator(attributes);
      this.#attributes = attributes;
    }
    return this.#translate;
  }

  /** The unit is part of the key for histograms only: buckets of two units can't be added. */
  #metricOf(type: Metric['type'], name: string, unit: string): MergedMetric {
    const key = type === 'histogram' ? `${type}\n${JSON.stringify(unit)}\n${name}` : `${type}\n${name}`;
    let merged = this.#metrics.get(key);
    if (merged === undefined) {
      merged = new MergedMetric({ type, name, unit });
      if (type !== 'histogram') merged.formerOwner = this.#derivedNames?.claimOwn(name);
      this.#metrics.set(key, merged);
    }
    return merged;
  }

  /** Reads a point into its series. @returns the point, if it didn't become part of a series */
  #readPoint(merged: MergedMetric, source: Source, index: number): PointsWithoutSeries | undefined {
    const { metric, wire } = source;
    let refusal: Refusal | undefined;
    try {
      const value = valueAt(metric, index);
      const dataPoint = metric.dataPoints[index]!;
      const verdict = isRefusal(value) ? value : (wrongIn(dataPoint) ?? wire.filter(value));
      if (verdict === undefined) {
        const isFirst = merged.take(source, dataPoint, value as Value);
        // Sums and histograms of one name add up to the right total. Of several gauges only the last one is sent.
        if (!isFirst && merged.type === 'gauge') this.#logCollision(merged.name);
        return undefined;
      }
      refusal = verdict === 'nothing' ? undefined : verdict;
    } catch (error) {
      refusal = untranslatable(error);
    }
    return { points: 1, amount: amountAt(metric, index), metric: nameOf(metric), refusal };
  }

  #logCollision(name: string): void {
    if (this.#loggedCollision) return;
    this.#loggedCollision = true;
    log(
      'warn',
      `${this.#component}: several gauges are all called ${name} on the wire, and only the last one is sent: they ` +
        'differ only in scope, or in what was replaced or left out. Give them different names or tags. Logged once.',
    );
  }
}

function untranslatable(error: unknown): Refusal {
  return malformed(`it could not be translated: ${reasonOf(error)}`);
}

/** What is wrong with the attributes or times of a point that no SDK made. */
function wrongIn({ attributes, startTime, endTime }: DataPoint<unknown>): Refusal | undefined {
  if (typeof attributes !== 'object' || attributes === null) return NO_ATTRIBUTES;
  return isTime(startTime) && isTime(endTime) ? undefined : NO_TIMES;
}

const NO_ATTRIBUTES = malformed('its attributes are no object');

const NO_TIMES = malformed('its times are none');
