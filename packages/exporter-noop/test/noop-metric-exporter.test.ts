import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { NoopMetricExporter } from '../src/index.ts';

/** Keeps what the SDK hands over. */
class KeepingExporter extends NoopMetricExporter {
  readonly points: MetricData['dataPoints'] = [];

  override export(metrics: ResourceMetrics, callback: Parameters<NoopMetricExporter['export']>[1]): void {
    for (const scope of metrics.scopeMetrics) {
      for (const { dataPoints } of scope.metrics) this.points.push(...(dataPoints as []));
    }
    super.export(metrics, callback);
  }
}

describe('NoopMetricExporter', () => {
  it('accepts what every instrument records, and keeps no histogram', async () => {
    const exporter = new KeepingExporter();
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    const meter = provider.getMeter('test');
    const histogram = meter.createHistogram('histogram');
    meter.createCounter('counter').add(1);
    meter.createUpDownCounter('up-down').add(1);
    meter.createGauge('gauge').record(1);
    meter.createObservableCounter('observable').addCallback((result) => result.observe(1));
    histogram.record(1);
    histogram.record(2);
    await provider.forceFlush();
    const values = exporter.points.map(({ value }) => value as number);
    expect(values.toSorted((first, second) => first - second)).toEqual([1, 1, 1, 1, 3]);
    await provider.shutdown();
  });

  it('leaves the SDK no series to keep', async () => {
    const exporter = new KeepingExporter();
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    provider.getMeter('test').createUpDownCounter('up-down').add(1);
    await provider.forceFlush();
    await provider.forceFlush();
    expect(exporter.points).toHaveLength(1);
    await provider.shutdown();
  });

  it('answers every export once: SUCCESS, and FAILED after shutdown', async () => {
    const exporter = new NoopMetricExporter();
    const codes: number[] = [];
    const metrics = {} as ResourceMetrics;
    exporter.export(metrics, ({ code }) => codes.push(code));
    await exporter.forceFlush();
    await exporter.shutdown();
    await exporter.shutdown();
    exporter.export(metrics, ({ code, error }) => {
      codes.push(code);
      expect(error?.message).toBe('NoopMetricExporter: the exporter has been shut down');
    });
    expect(codes).toEqual([0, 1]);
  });
});
