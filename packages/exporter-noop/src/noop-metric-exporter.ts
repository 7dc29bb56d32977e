import {
  AggregationTemporality,
  AggregationType,
  InstrumentType,
  type AggregationOption,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import {
  EMPTY_ACCOUNT,
  Ledger,
  tallyOf,
  type ExporterStats,
  type ExportResult,
  type FlushReport,
} from '@tallykit/exporter-base';

const COMPONENT = 'NoopMetricExporter';
const SHUT_DOWN = 'the exporter has been shut down';

/** The values of `ExportResultCode`, which lives in a package that no user of ours needs otherwise. */
const SUCCESS = 0;
const FAILED = 1;

/**
 * Accepts all metrics, counts them and discards them, as cheaply as the SDK allows: it asks for sums in place of
 * histogram buckets, and the SDK keeps no series longer than one collection.
 *
 * @example
 * const reader = new PeriodicExportingMetricReader({ exporter: new NoopMetricExporter() });
 */
export class NoopMetricExporter implements PushMetricExporter {
  readonly #points = new Ledger(COMPONENT);
  #isShutDown = false;

  /** Counts and discards the points. The result is `SUCCESS`, and `FAILED` after a shutdown. */
  export(metrics: ResourceMetrics, resultCallback: (result: ExportResult) => void): void {
    const { points, amount } = tallyOf(metrics);
    this.#points.receive(points, amount);
    if (this.#isShutDown) {
      if (points > 0) this.#points.drop('shutdown', points, amount, `${points} points`, SHUT_DOWN);
      resultCallback({ code: FAILED, error: new Error(`${COMPONENT}: ${SHUT_DOWN}`) });
      return;
    }
    this.#points.export(points, amount);
    resultCallback({ code: SUCCESS });
  }

  /** Resolves at once: there is nothing to wait for. */
  async forceFlush(): Promise<void> {}

  /**
   * How many points were accepted, and how many came too late, since the last report. Resolves at once; nothing is ever
   * pending.
   *
   * @param _options `timeoutMillis` is taken like by the other exporters, and has no effect
   */
  async flush(_options: { readonly timeoutMillis?: number | undefined } = {}): Promise<FlushReport> {
    return this.#points.report();
  }

  /**
   * Ends the exporter: later exports are `FAILED`, and their points count as dropped. Resolves at once.
   *
   * @param _options `timeoutMillis` is taken like by the other exporters, and has no effect
   */
  async shutdown(_options: { readonly timeoutMillis?: number | undefined } = {}): Promise<void> {
    this.#isShutDown = true;
  }

  /**
   * Where everything that was handed in has gone, since the exporter was made. What was accepted and discarded counts as
   * exported.
   */
  stats(): ExporterStats {
    return { ...this.#points.account(), events: EMPTY_ACCOUNT };
  }

  /** Delta, so that the SDK forgets a series after each collection. */
  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.DELTA;
  }

  /**
   * A sum where the SDK would keep the buckets of a histogram. The aggregation "drop" would be slower: with it the SDK
   * looks for the series three times at every call and never finds it, which takes twice as long as adding.
   */
  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return {
      type: instrumentType === InstrumentType.HISTOGRAM ? AggregationType.SUM : AggregationType.DEFAULT,
    };
  }
}
