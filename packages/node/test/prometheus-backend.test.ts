import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { expect, it, onTestFinished } from 'vitest';
import { readConfiguration } from '../src/configuration.ts';
import { startPrometheus, type PrometheusReader } from '../src/prometheus-backend.ts';

/** Stands for OpenTelemetry's exporter, without a server: tests must not name a port. */
class PrometheusExporter extends MetricReader {
  readonly options: object;

  constructor(options: object) {
    super();
    this.options = options;
  }

  getMetricsRequestHandler(): void {}
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const withoutOrders = ({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics => ({
  resource,
  scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.filter(({ descriptor }) => descriptor.name !== 'orders'),
  })),
});

it('hands out and counts what the backend takes, and keeps as many series as it is told', async () => {
  const { reader, stats } = startPrometheus(
    PrometheusExporter as unknown as typeof PrometheusReader,
    { exporter: { prefix: 'shop' }, address: undefined },
    {
      key: 'prometheus',
      configuration: readConfiguration({ aggregation: 'instruments' }, {}),
      limit: (collect, options) => collect({ timeoutMillis: 1000, ...options }),
      cardinalityLimit: 3,
      filter: withoutOrders,
    },
  );
  expect(reader).toMatchObject({ options: { prefix: 'shop', preventServerStart: true } });
  const provider = new MeterProvider({ readers: [reader!] });
  onTestFinished(() => provider.shutdown());
  const meter = provider.getMeter('test');
  for (let worker = 0; worker < 9; worker += 1) meter.createCounter('jobs').add(1, { worker });
  meter.createCounter('orders').add(7);
  const { resourceMetrics } = await reader!.collect();
  const [jobs, ...others] = resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  expect([jobs?.descriptor.name, jobs?.dataPoints.length, others]).toEqual(['jobs', 3, []]);
  // Cumulative points carry no increase.
  const handedOut = { points: 3, amount: 0 };
  expect(stats()).toMatchObject({ received: handedOut, exported: handedOut });
});
