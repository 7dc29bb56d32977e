import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { Attributes } from '@opentelemetry/api';
import { createMetrics } from '@tallykit/metrics';
import { createMetricProducer } from '@tallykit/metrics/producer';

const CALLS = 20_000;
const ROUNDS = 9;

const ROUTES = ['product', 'cart', 'checkout', 'search'] as const;
const REGIONS = ['eu', 'us', 'asia'] as const;

/** Nanoseconds a call. */
export interface Speed {
  verb: string;
  instrument: number;
  call: number;
  bound: number;
}

/** A MeterProvider with exponential histograms, and `Metrics` that go past its instruments to the same reader. */
export function provide() {
  const exporter = new ExponentialExporter(AggregationTemporality.DELTA);
  const producer = createMetricProducer({ exporter });
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 60_000,
    metricProducers: [producer],
    cardinalityLimits: { default: 1_000_000 },
  });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const metrics = createMetrics({ producers: [producer], maxSeriesPerMetric: 1_000_000 });
  return { meterProvider, metrics, reader, producer };
}

class ExponentialExporter extends InMemoryMetricExporter {
  selectAggregation(instrument: InstrumentType) {
    return instrument === InstrumentType.HISTOGRAM
      ? { type: AggregationType.EXPONENTIAL_HISTOGRAM as const }
      : { type: AggregationType.DEFAULT as const };
  }
}

/**
 * The price of a call, each way in turn and many times over, so that a busy machine slows all of them alike. The median
 * round counts.
 */
export async function measureSpeed(): Promise<Speed[]> {
  const { meterProvider, metrics, reader } = provide();
  const meter = meterProvider.getMeter('raw');
  const [counter, upDown] = [meter.createCounter('counter'), meter.createUpDownCounter('upDown')];
  const [gauge, histogram] = [meter.createGauge('gauge'), meter.createHistogram('histogram')];
  const tagsOf = (call: number): Attributes & Record<string, string | number> => ({
    route: ROUTES[call & 3]!,
    region: REGIONS[call % 3]!,
    status: 200,
  });
  const fixed = { route: 'cart', region: 'eu', status: 200 };
  const bound = {
    incr: metrics.counter('incr', fixed),
    upDown: metrics.bindUpDown('upDown', fixed),
    gauge: metrics.bindGauge('gauge', fixed),
    timing: metrics.bindTiming('timing', fixed),
    distribution: metrics.bindDistribution('distribution', fixed),
  };
  type Run = (call: number) => void;
  const ways: [verb: string, instrument: Run, call: Run, bound: Run][] = [
    [
      'incr',
      (call) => counter.add(1, tagsOf(call)),
      (call) => metrics.incr('incr', 1, { tags: tagsOf(call) }),
      () => bound.incr.incr(),
    ],
    [
      'upDown',
      (call) => upDown.add(1, tagsOf(call)),
      (call) => metrics.upDown('upDown', 1, { tags: tagsOf(call) }),
      () => bound.upDown.add(1),
    ],
    [
      'gauge',
      (call) => gauge.record(call, tagsOf(call)),
      (call) => metrics.gauge('gauge', call, { tags: tagsOf(call) }),
      (call) => bound.gauge.record(call),
    ],
    [
      'timing',
      (call) => histogram.record(call, tagsOf(call)),
      (call) => metrics.timing('timing', call, { tags: tagsOf(call) }),
      (call) => bound.timing.record(call),
    ],
    [
      'distribution',
      (call) => histogram.record(call, tagsOf(call)),
      (call) => metrics.distribution('distribution', call, { tags: tagsOf(call) }),
      (call) => bound.distribution.record(call),
    ],
  ];
  const rounds = ways.map(() => [[], [], []] as [number[], number[], number[]]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, ...runs]] of ways.entries()) {
      for (const [way, run] of runs.entries()) rounds[index]![way]!.push(nanosecondsOf(run));
    }
    // The terminal and the timers have their turn, and histograms don't grow without end.
    await reader.forceFlush();
  }
  await meterProvider.shutdown();
  return ways.map(([verb], index) => {
    const [instrument, call, ofBound] = rounds[index]!.map(median) as [number, number, number];
    return { verb, instrument, call, bound: ofBound };
  });
}

function nanosecondsOf(run: (call: number) => void): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call += 1) run(call);
  return Number(process.hrtime.bigint() - start) / CALLS;
}

function median(values: number[]): number {
  return values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)]!;
}
