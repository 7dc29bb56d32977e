import { diag, DiagLogLevel, metrics as api } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  InstrumentType,
  MeterProvider,
  MetricReader,
} from '@opentelemetry/sdk-metrics';
import type { HistogramMetricData, MeterProviderOptions, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { onTestFinished } from 'vitest';
import { configureMetrics, metrics as defaultMetrics } from '../src/index.ts';
import { connectProducers, createMetricProducer } from '../src/producer.ts';
import type { MetricProducer } from '../src/producer.ts';
import { shared } from '../src/shared.ts';

/**
 * Where metrics of the tests go: to the instruments of a MeterProvider, or to producers. All tests run for both, but those that
 * are about one of them.
 */
export const DESTINATION = process.env['TEST_DESTINATION'] === 'producers' ? 'producers' : 'instruments';

/** A reader that collects when it is asked to, with delta temporality unless told otherwise. */
export class ManualReader extends MetricReader {
  readonly producer: MetricProducer;

  constructor(temporality: AggregationTemporality = AggregationTemporality.DELTA) {
    const selectAggregationTemporality = () => temporality;
    const selectAggregation = (type: InstrumentType) =>
      type === InstrumentType.HISTOGRAM
        ? { type: AggregationType.EXPONENTIAL_HISTOGRAM as const }
        : { type: AggregationType.DEFAULT as const };
    const producer = createMetricProducer({ exporter: { selectAggregationTemporality, selectAggregation } });
    super({
      aggregationTemporalitySelector: selectAggregationTemporality,
      aggregationSelector: selectAggregation,
      cardinalitySelector: () => 100_000,
      metricProducers: DESTINATION === 'producers' ? [producer] : [],
    });
    this.producer = producer;
  }

  protected override async onForceFlush(): Promise<void> {
    this.flushed.push(await this.points());
  }

  protected override async onShutdown(): Promise<void> {
    this.flushed.push(await this.points());
  }

  /** What each `forceFlush` and `shutdown` collected. */
  readonly flushed: Point[][] = [];

  async points(): Promise<Point[]> {
    const { resourceMetrics, errors } = await this.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    return pointsOf(resourceMetrics);
  }
}

export interface Point {
  readonly scope: string;
  readonly name: string;
  readonly unit: string;
  readonly tags: Attributes;
  /** The value of a sum or gauge, the sum of a histogram. */
  readonly value: number;
  /** The count of a histogram. */
  readonly count: number | undefined;
  readonly startMillis: number;
  readonly endMillis: number;
}

function pointsOf({ scopeMetrics }: ResourceMetrics): Point[] {
  return scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.flatMap((metric) =>
      metric.dataPoints.map((point): Point => {
        const isHistogram =
          metric.dataPointType === DataPointType.HISTOGRAM ||
          metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM;
        const histogram = point.value as HistogramMetricData['dataPoints'][number]['value'];
        return {
          scope: scope.name,
          name: metric.descriptor.name,
          unit: metric.descriptor.unit,
          tags: { ...point.attributes },
          value: isHistogram ? (histogram.sum ?? Number.NaN) : (point.value as number),
          count: isHistogram ? histogram.count : undefined,
          startMillis: point.startTime[0] * 1e3 + point.startTime[1] / 1e6,
          endMillis: point.endTime[0] * 1e3 + point.endTime[1] / 1e6,
        };
      }),
    ),
  );
}

/** `name{tag=value,…}` → value, for comparisons that don't care about the order of points. */
export function values(points: readonly Point[]): Record<string, number> {
  const entries = points.map(({ name, tags, value }): [string, number] => {
    const text = Object.keys(tags)
      .sort()
      .map((tag) => `${tag}=${String(tags[tag])}`);
    return [`${name}{${text.join(',')}}`, value];
  });
  if (new Set(entries.map(([key]) => key)).size !== entries.length) throw new Error('a series came twice');
  return Object.fromEntries(entries);
}

export function setUp(options: Omit<MeterProviderOptions, 'readers'> = {}): {
  reader: ManualReader;
  meterProvider: MeterProvider;
} {
  const reader = new ManualReader();
  return { reader, meterProvider: providerOf([reader], options) };
}

/** A MeterProvider whose metrics go to where those of the tests go. */
export function providerOf(
  readers: ManualReader[],
  options: Omit<MeterProviderOptions, 'readers'> = {},
): MeterProvider {
  const meterProvider = new MeterProvider({ ...options, readers });
  if (DESTINATION === 'producers') {
    connectProducers(
      meterProvider,
      readers.map(({ producer }) => producer),
    );
  }
  return meterProvider;
}

/**
 * The lines that are logged through `diag` at warn level or above while the test runs. Those of lost producers are left out,
 * because the producers of former tests may be thrown away meanwhile.
 */
export function warnings({ ofLostProducers = false } = {}): string[] {
  const lines: string[] = [];
  const drop = (): void => {};
  const add = (...parts: unknown[]): void => {
    const line = parts.map(String).join(' ');
    if (ofLostProducers || !line.includes('a producer is gone')) lines.push(line);
  };
  diag.setLogger(
    {
      verbose: drop,
      debug: drop,
      info: drop,
      warn: add,
      error: add,
    },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  onTestFinished(() => diag.disable());
  return lines;
}

/** Forgets which warnings were logged, so that each test sees those that are logged once. */
export function forgetWhatWasLogged(): void {
  shared.logged.clear();
}

/** Leaves the default `metrics` without options, MeterProvider, and anything that waits for one. */
export async function resetDefaultMetrics(): Promise<void> {
  api.disable();
  configureMetrics({});
  // Empties what waits, so that a test begins with nothing.
  const { meterProvider } = setUp();
  defaultMetrics.stats();
  api.setGlobalMeterProvider(meterProvider);
  api.disable();
  await meterProvider.shutdown();
}
