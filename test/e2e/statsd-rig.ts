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

/** Our API, a stock MeterProvider and our exporter. */
export interface StatsdSender extends AsyncDisposable {
  readonly exporter: StatsdMetricExporter;
  readonly meterProvider: MeterProvider;
  readonly metrics: Metrics;
}

export interface StatsdSenderOptions {
  exporter?: StatsdFormatOptions;
  /** `readers` come beside the one that exports to the server. */
  meterProvider?: MeterProviderOptions;
  /** The reader's, when a test has more series than the SDK allows. */
  cardinalityLimit?: number;
  metrics?: MetricsOptions;
}

/** Where a server listens. */
export interface StatsdAddress {
  readonly host: string;
  readonly port: number;
  /** @default 'udp' */
  readonly protocol?: 'udp' | 'tcp';
}

export interface StatsdRig extends StatsdSender {
  readonly server: ReferenceStatsd;
}

export interface StatsdRigOptions extends StatsdSenderOptions {
  server?: ReferenceStatsdOptions;
}

/** The whole main job, to a server that is there. */
export function startStatsdSender(
  { host, port, protocol = 'udp' }: StatsdAddress,
  options: StatsdSenderOptions = {},
): StatsdSender {
  const exporter = new StatsdMetricExporter({
    host,
    port,
    protocol,
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
    exporter,
    meterProvider,
    metrics,
    async [Symbol.asyncDispose]() {
      await meterProvider.shutdown();
    },
  };
}

/** The whole main job, to a reference server of its own. */
export async function startStatsdRig(options: StatsdRigOptions = {}): Promise<StatsdRig> {
  const server = await startReferenceStatsd(options.server);
  const { host, port } = server;
  const { protocol = 'udp' } = options.server ?? {};
  const sender = startStatsdSender({ host, port, protocol }, options);
  return {
    ...sender,
    server,
    async [Symbol.asyncDispose]() {
      await sender[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}
