import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { DelegatingExporter, SUCCESS, type ResultCallback } from './delegating-exporter.ts';

/**
 * Reports success to the reader at once, whatever becomes of an export. The exporters count failures and log the first one.
 * The reader would log an error with a stack at every interval of an outage, and another one for an export that takes long.
 * The reader's `forceFlush` still waits, because it calls the exporter's. Its `shutdown` leaves the exporter open, which is
 * shut down with a deadline when the reader has ended.
 */
export class SilentExporter extends DelegatingExporter {
  readonly #onExported: () => void;

  constructor(exporter: PushMetricExporter, onExported: () => void) {
    super(exporter);
    this.#onExported = onExported;
  }

  override export(metrics: ResourceMetrics, resultCallback: ResultCallback): void {
    super.export(metrics, this.#onExported);
    resultCallback({ code: SUCCESS });
  }

  override async shutdown(): Promise<void> {}
}
