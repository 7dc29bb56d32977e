import { MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** A reader without a timer. It collects when `read` is called. */
export class CollectingReader extends MetricReader {
  /** @throws what the callbacks of observable instruments threw */
  async read(): Promise<ResourceMetrics> {
    const { resourceMetrics, errors } = await this.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'a callback of an observable instrument failed');
    return resourceMetrics;
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}
