import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MeterProviderOptions,
} from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter, type StatsdFormatOptions } from '@tallykit/exporter-statsd';
import { createMetrics, type Metrics, type MetricsOptions } from '@tallykit/metrics';
import {
  startReferenceStatsd,
  type ReferenceStatsd,
  type ReferenceStatsdOptions,
} from '../servers/reference-statsd.ts';

export interface StatsdRig extends AsyncDisposable {
  readonly server: ReferenceStatsd;
  readonly exporter: StatsdMetricExporter;
  readonly meterProvider: MeterProvider;
  readonly metrics: Metrics;
}

export interface StatsdRigOptions {
  server?: ReferenceStatsdOptions;
  exporter?: StatsdFormatOptions;
  /** `readers` come beside the one that exports to the server. */
  meterProvider?: MeterProviderOptions;
  /** The reader's, when a test has more series than the SDK allows. */
  cardinalityLimit?: number;
  metrics?: MetricsOptions;
}

/** The whole main job: our API, a stock MeterProvider, our exporter, the reference server. */
export async function startStatsdRig(options: StatsdRigOptions = {}): Promise<StatsdRig> {
  const server = await startReferenceStatsd(options.server);
  const exporter = new StatsdMetricExporter({
    host: server.host,
    port: server.port,
    protocol: options.server?.protocol ?? 'udp',
    // Every series has the tags that the test gave it, and no other.
    processTag: false,
    ...options.exporter,
  });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    // Tests ask for each collection.
    exportIntervalMillis: 600_000,
    ...(options.cardinalityLimit && { cardinalityLimits: { default: options.cardinalityLimit } }),
  });
  const meterProvider = new MeterProvider({
    ...options.meterProvider,
    readers: [reader, ...(options.meterProvider?.readers ?? [])],
  });
  const metrics = createMetrics({ meterProvider, ...options.metrics });
  return {
    server,
    exporter,
    meterProvider,
    metrics,
    async [Symbol.asyncDispose]() {
      await meterProvider.shutdown();
      await server.stop();
    },
  };
}
