import {
  AggregationTemporality,
  AggregationType,
  type AggregationOption,
  type InstrumentType,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

/** What an exporter reports the result of an export to. */
export type ResultCallback = Parameters<PushMetricExporter['export']>[1];

/** What became of an export. */
export type Result = Parameters<ResultCallback>[0];

/** Of `ExportResultCode`, which is in a package that no user of ours needs otherwise. */
export const SUCCESS = 0;

/** An exporter that hands everything on to another one. Its subclasses change one thing each. */
export class DelegatingExporter implements PushMetricExporter {
  /** The exporter behind it. `doctor` of `@tallykit/cli` looks for it, too. */
  readonly exporter: PushMetricExporter;

  constructor(exporter: PushMetricExporter) {
    this.exporter = exporter;
  }

  // The SDK's defaults, where the exporter has no wish of its own.
  selectAggregationTemporality(instrumentType: InstrumentType): AggregationTemporality {
    return this.exporter.selectAggregationTemporality?.(instrumentType) ?? AggregationTemporality.CUMULATIVE;
  }

  selectAggregation(instrumentType: InstrumentType): AggregationOption {
    return this.exporter.selectAggregation?.(instrumentType) ?? { type: AggregationType.DEFAULT };
  }

  export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    this.exporter.export(metrics, resultCallback);
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}
