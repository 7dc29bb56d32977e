import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { conformanceCases } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { NoopMetricExporter } from '../src/index.ts';
import { subject } from './subject.ts';

describe('NoopMetricExporter', () => {
  for (const { name, run } of conformanceCases) it(name, () => run(subject));
});

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

  it('counts what it accepts, and what comes after a shutdown', async () => {
    const exporter = new NoopMetricExporter();
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    const counter = provider.getMeter('test').createCounter('counter');
    counter.add(2, { plan: 'free' });
    counter.add(3, { plan: 'pro' });
    await provider.forceFlush();
    const none = { points: 0, amount: 0 };
    const two = { points: 2, amount: 5 };
    const accepted = { received: two, exported: two, pending: none, dropped: none, droppedBy: {} };
    expect(exporter.stats()).toMatchObject(accepted);
    expect(await exporter.flush({ timeoutMillis: 1 })).toEqual({
      exported: 2,
      pending: 0,
      dropped: 0,
      errors: [],
    });
    await exporter.shutdown({ timeoutMillis: 1 });
    counter.add(4);
    await provider.forceFlush().catch(() => undefined);
    expect(exporter.stats().droppedBy).toMatchObject({ shutdown: { points: 1, amount: 4 } });
    expect(await exporter.flush()).toMatchObject({ exported: 0, dropped: 1, errors: [{}] });
  });

  it('gives the reason why it refuses after a shutdown', async () => {
    const exporter = new NoopMetricExporter();
    await exporter.shutdown();
    const error = await new Promise((resolve) => {
      exporter.export({} as ResourceMetrics, (result) => resolve(result.error));
    });
    expect(error).toEqual(new Error('NoopMetricExporter: the exporter has been shut down'));
  });
});
