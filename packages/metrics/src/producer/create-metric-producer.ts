import { checkOptions } from '../check-options.ts';
import type { OptionChecks } from '../check-options.ts';
import { MetricProducer } from './metric-producer.ts';
import { Reader } from './reader.ts';
import type { Include } from './reader.ts';
import { TEMPORALITIES, wishesOf, wishesOfExporter } from './wishes.ts';
import type { HistogramOptions, AggregationSelectors, TemporalityPreference } from './wishes.ts';

/** Options of `createMetricProducer`. What none of them says is what the specification has as default. */
export interface MetricProducerOptions {
  /**
   * The exporter of the reader, which decides about temporality and aggregation for each type of instrument. It is asked
   * once. Can't stand beside `temporality` and `histograms`.
   *
   * @default none
   */
  readonly exporter?: AggregationSelectors | undefined;
  /**
   * What points stand for, without an `exporter`: `cumulative` for everything since the start, which `PrometheusExporter`
   * wants; `delta` for what came since the last collection, but for `upDown`; `lowmemory` for that too, but a gauge that was
   * not recorded again keeps its last value.
   *
   * @default 'cumulative'
   */
  readonly temporality?: TemporalityPreference | undefined;
  /**
   * The buckets of histograms, without an `exporter`: `{ maxSize }` for exponential histograms with at most so many buckets (2
   * to 640), `{ boundaries }` for histograms whose buckets end at these values.
   *
   * @default the boundaries of OpenTelemetry's specification; for durations in seconds those of its conventions
   */
  readonly histograms?: HistogramOptions | undefined;
  /**
   * Whether the reader gets a metric, by its name with the prefix. It is asked at each collection.
   *
   * @default all metrics
   */
  readonly include?: Include | undefined;
  /**
   * A function that is called once, when the first metric is recorded that the reader gets: for what a process that records
   * nothing should not do, such as listening at a port.
   *
   * @default none
   */
  readonly onFirstMetric?: (() => void) | undefined;
}

const CHECKS: OptionChecks = {
  exporter: {
    mustBe: 'an exporter or a reader of OpenTelemetry',
    accepts: (value) => typeof value === 'object' && value !== null,
  },
  temporality: {
    mustBe: `one of ${TEMPORALITIES.map((word) => JSON.stringify(word)).join(', ')}`,
    accepts: (value) => TEMPORALITIES.some((word) => word === value),
  },
  histograms: {
    mustBe: '{ maxSize } with a whole number from 2 to 640, or { boundaries } with an array of numbers',
    accepts: isHistogramOptions,
  },
  include: { mustBe: 'a function', accepts: (value) => typeof value === 'function' },
  onFirstMetric: { mustBe: 'a function', accepts: (value) => typeof value === 'function' },
};

/** OpenTelemetry's exporters have 160 or 320 buckets; more than this is finer than the finest scale for three octaves. */
const MAX_MAX_SIZE = 640;

/**
 * Makes a `MetricProducer` of OpenTelemetry: it collects what `Metrics` hold, past the instruments, for one reader. Hand it to
 * the reader as one of `metricProducers`, and name it in `producers` of `configureMetrics` or `createMetrics`, together with
 * those of all other readers that get the same metrics.
 *
 * @throws TypeError for an option that is wrong or unknown. It names the option and what is accepted.
 * @example
 * const producer = createMetricProducer({ exporter });
 * const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [producer] });
 * const provider = new MeterProvider({ readers: [reader] });
 * configureMetrics({ producers: [producer] });
 */
export function createMetricProducer(options: MetricProducerOptions = {}): MetricProducer {
  checkOptions('createMetricProducer', options, CHECKS);
  const { exporter, temporality, histograms, include, onFirstMetric } = options;
  if (exporter !== undefined && (temporality !== undefined || histograms !== undefined)) {
    throw new TypeError(
      'createMetricProducer: `temporality` and `histograms` must be left out beside `exporter`, which has its own wishes',
    );
  }
  const wishes =
    exporter === undefined ? wishesOf(temporality ?? 'cumulative', histograms) : wishesOfExporter(exporter);
  return new MetricProducer(new Reader(wishes, include, onFirstMetric));
}

function isHistogramOptions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { maxSize, boundaries, ...others } = value as { maxSize?: unknown; boundaries?: unknown };
  if (Object.keys(others).length > 0 || (maxSize === undefined) === (boundaries === undefined)) return false;
  if (maxSize === undefined) {
    return (
      Array.isArray(boundaries) &&
      boundaries.every((bound) => typeof bound === 'number' && !Number.isNaN(bound))
    );
  }
  return Number.isSafeInteger(maxSize) && (maxSize as number) >= 2 && (maxSize as number) <= MAX_MAX_SIZE;
}
