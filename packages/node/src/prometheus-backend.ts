import { EMPTY_ACCOUNT, HealthRecord, Ledger, tallyOf } from '@tallykit/exporter-base';
import type { CollectionResult, MetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricProducer } from '@tallykit/metrics/producer';
import type { Backend } from './backend.ts';
import type { BackendOptions } from './backend-names.ts';
import type { CollectOptions, LimitedCollection } from './readers.ts';

/** `PrometheusExporter` of OpenTelemetry, as far as it is used here: a reader that collects at every request. */
export declare class PrometheusReader extends MetricReader {
  constructor(options: BackendOptions);
  startServer(): Promise<unknown>;
  protected onForceFlush(): Promise<void>;
  protected onShutdown(): Promise<void>;
}

/** What is done with a collection before it is handed out. */
export interface PrometheusCollection {
  readonly key: string;
  readonly limit: LimitedCollection;
  /** How many series the SDK keeps of a metric. */
  readonly cardinalityLimit: number;
  /** Leaves only the metrics that the backend takes. */
  readonly filter: (metrics: ResourceMetrics) => ResourceMetrics;
  /** Collects what the recording API holds, where that doesn't go to instruments. */
  readonly producer?: MetricProducer | undefined;
}

/** A backend that asks for its metrics. What is handed out when it does counts as exported. */
export function startPrometheus(
  Exporter: typeof PrometheusReader,
  options: BackendOptions,
  { key, limit, cardinalityLimit, filter, producer }: PrometheusCollection,
): Omit<Backend, 'key' | 'takes'> {
  const ledger = new Ledger(key);
  // It is known to be scraped, or not.
  const health = new HealthRecord();

  class CountedPrometheusExporter extends Exporter {
    override selectCardinalityLimit(): number {
      return cardinalityLimit;
    }

    override async collect(collectOptions?: CollectOptions): Promise<CollectionResult> {
      const { resourceMetrics, errors } = await limit((limited) => super.collect(limited), collectOptions);
      const taken = filter(resourceMetrics);
      const { points, amount } = tallyOf(taken);
      ledger.receive(points, amount);
      ledger.export(points, amount);
      health.set('up');
      return { resourceMetrics: taken, errors };
    }
  }

  // Started below, so that a port that is taken is an error of `startMetrics`, logged once.
  const reader = new CountedPrometheusExporter({
    ...options,
    ...(producer && { metricProducers: [producer] }),
    preventServerStart: true,
  });
  return {
    componentType: 'prometheus_http_text_metric_exporter',
    reader,
    producer,
    ready: reader.startServer(),
    flush: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
    health: () => health.current,
  };
}
