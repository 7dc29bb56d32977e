import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { DelegatingExporter, SUCCESS, type ResultCallback } from './delegating-exporter.ts';

/** Hands an exporter only the metrics that its backend takes, and nothing at all where it takes none of them. */
export class FilteringExporter extends DelegatingExporter {
  readonly #filter: (metrics: ResourceMetrics) => ResourceMetrics;

  constructor(exporter: PushMetricExporter, filter: (metrics: ResourceMetrics) => ResourceMetrics) {
    super(exporter);
    this.#filter = filter;
  }

  override export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    const taken = this.#filter(metrics);
    if (taken.scopeMetrics.length === 0) resultCallback({ code: SUCCESS });
    else super.export(taken, resultCallback);
  }
}
