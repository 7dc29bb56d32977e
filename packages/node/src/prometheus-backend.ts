import type { IncomingMessage, ServerResponse } from 'node:http';
import { EMPTY_ACCOUNT, HealthRecord, Ledger, tallyOf } from '@tallykit/exporter-base';
import type { CollectionResult, MetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Include } from '@tallykit/metrics/producer';
import type { Backend } from './backend.ts';
import type { BackendOptions } from './backend-names.ts';
import type { Configuration } from './configuration.ts';
import type { PrometheusSettings } from './official-exporters.ts';
import { MetricsServer, type MetricsHandler } from './metrics-server.ts';
import { producerFor, type CollectOptions, type LimitedCollection } from './readers.ts';

/** `PrometheusExporter` of OpenTelemetry, as far as it is used here: a reader that collects at every request. */
export declare class PrometheusReader extends MetricReader {
  constructor(options: BackendOptions);
  getMetricsRequestHandler(request: IncomingMessage, response: ServerResponse): void;
  protected onForceFlush(): Promise<void>;
  protected onShutdown(): Promise<void>;
}

/** What is done with a collection before it is handed out. */
export interface PrometheusCollection {
  readonly key: string;
  readonly configuration: Configuration;
  readonly limit: LimitedCollection;
  /** How many series the SDK keeps of a metric. */
  readonly cardinalityLimit: number;
  /** Leaves only the metrics that the backend takes. */
  readonly filter: (metrics: ResourceMetrics) => ResourceMetrics;
  /** Which metrics of the recording API the backend takes. */
  readonly include?: Include | undefined;
}

/** A backend that asks for its metrics. What is handed out when it does counts as exported. */
export function startPrometheus(
  Exporter: typeof PrometheusReader,
  { exporter, address }: PrometheusSettings,
  { key, configuration, limit, cardinalityLimit, filter, include }: PrometheusCollection,
): Omit<Backend, 'key' | 'takes'> {
  const ledger = new Ledger(key);
  // It is known to be scraped, or not.
  const health = new HealthRecord();
  let begin: (() => void) | undefined;
  const producer = producerFor(configuration, {
    ...(include && { include }),
    onFirstMetric: () => begin?.(),
  });

  class CountedPrometheusExporter extends Exporter {
    override selectCardinalityLimit(): number {
      return cardinalityLimit;
    }

    override async collect(collectOptions?: CollectOptions): Promise<CollectionResult> {
      const { resourceMetrics, errors } = await limit((limited) => super.collect(limited), collectOptions);
      // The exporter reads the attributes, and OpenTelemetry warns where some are still being detected.
      await resourceMetrics.resource.waitForAsyncAttributes?.();
      const taken = filter(resourceMetrics);
      const { points, amount } = tallyOf(taken);
      ledger.receive(points, amount);
      ledger.export(points, amount);
      health.set('up');
      return { resourceMetrics: taken, errors };
    }
  }

  // Its own server would remember for good that it couldn't start, and would start at once.
  const reader = new CountedPrometheusExporter({
    ...exporter,
    ...(producer && { metricProducers: [producer] }),
    preventServerStart: true,
  });
  const metricsHandler: MetricsHandler = (request, response) =>
    reader.getMetricsRequestHandler(request, response);
  const server = address && new MetricsServer(address, metricsHandler);
  if (configuration.listensAtFirstRecording) begin = () => server?.begin();
  return {
    componentType: 'prometheus_http_text_metric_exporter',
    reader,
    producer,
    metricsHandler,
    begin,
    ...(begin === undefined && server && { ready: server.listen() }),
    flush: async () => ledger.report(),
    stats: () => ({ ...ledger.account(), events: EMPTY_ACCOUNT }),
    health: () => health.current,
    shutdown: async (options) => server?.close(options),
  };
}
