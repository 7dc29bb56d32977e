import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { StatsdMetricExporter } from '@tallykit/exporter-statsd';
import { parseStatsdPayload, startTcpServer } from '@tallykit/testkit';
import { startStatsdRig } from '../e2e/statsd-rig.ts';
import { normal, pareto, seededRandom } from '../random.ts';
import { totalWeight, weightedMean, weightedPercentile, type WeightedSample } from '../weighted-samples.ts';

/** Numbers of timings, most of which no limit of samples divides. */
export const SIZES = [1, 7, 249, 250, 251, 375, 600, 777, 12_347, 100_000];

type Draw = (random: () => number) => number;

/** How timings are distributed, in milliseconds. */
export const SHAPES = {
  'log-normal, σ 1': (random) => 30 * Math.exp(normal(random)),
  'Pareto, α 1.5': (random) => 5 * pareto(random, 1.5),
  'bimodal, 2 and 400 ms': (random) => (random() < 0.7 ? 2 : 400) * Math.exp(0.1 * normal(random)),
  constant: () => 12.5,
  'all zero': () => 0,
  '12 orders of magnitude': (random) => 10 ** (12 * random() - 6),
} as const satisfies Readonly<Record<string, Draw>>;

export const PERCENTILES = [50, 95, 99];

/** What a server made of the timings of one series. */
export interface Reading {
  readonly shape: string;
  readonly size: number;
  /** `plain`: mean and percentiles are those of the samples. `weighting`: each sample counts as often as its rate says. */
  readonly server: 'plain' | 'weighting';
  /** How many timings it read more or less. */
  readonly countError: number;
  /** Relative, as the others are. */
  readonly meanError: number;
  /** Of {@link PERCENTILES}. */
  readonly percentileErrors: readonly number[];
}

interface Timer {
  readonly count: number;
  readonly mean: number;
  readonly percentiles: readonly number[];
}

/**
 * Records all sizes of all shapes, exports them once, and compares what two servers read with what was recorded: the reference
 * server, and one that weights samples as the Datadog Agent, the Collector and Vector do.
 */
export async function measureAccuracy(): Promise<Reading[]> {
  // Over TCP, where nothing is lost on a busy machine.
  const received = await startTcpServer();
  const reader = new PeriodicExportingMetricReader({
    exporter: new StatsdMetricExporter({ protocol: 'tcp', port: received.port, processTag: false }),
    exportIntervalMillis: 600_000,
  });
  await using rig = await startStatsdRig({
    server: { protocol: 'tcp', percentThreshold: PERCENTILES },
    meterProvider: { readers: [reader] },
  });
  const recorded = new Map<string, { shape: string; size: number; values: number[] }>();
  for (const [shapeIndex, [shape, draw]] of Object.entries(SHAPES).entries()) {
    for (const size of SIZES) {
      const name = `timing${shapeIndex}.${size}`;
      const random = seededRandom(1_000 * shapeIndex + size);
      const values = Array.from({ length: size }, () => draw(random));
      for (const value of values) rig.metrics.timing(name, value);
      recorded.set(name, { shape, size, values });
    }
  }
  await rig.meterProvider.forceFlush();
  const { timers } = await rig.server.flush();
  const weighted = new WeightingServer();
  const total = [...recorded.values()].reduce((sum, { size }) => sum + size, 0);
  await received.until((payloads) => {
    weighted.read(payloads);
    return weighted.count >= total;
  });
  await received.close();

  return [...recorded].flatMap(([name, series]) => {
    const plain = timers.get(name)!;
    const percentiles = PERCENTILES.map((percentile) => plain.percentiles.get(percentile)!);
    return [
      readingOf('plain', series, { ...plain, percentiles }),
      readingOf('weighting', series, weighted.timer(name)),
    ];
  });
}

function readingOf(
  server: Reading['server'],
  {
    shape,
    size,
    values,
  }: { readonly shape: string; readonly size: number; readonly values: readonly number[] },
  { count, mean, percentiles }: Timer,
): Reading {
  const ascending = values.toSorted((one, other) => one - other);
  const exactMean = values.reduce((sum, value) => sum + value / size, 0);
  return {
    shape,
    size,
    server,
    countError: count - size,
    meanError: deviation(mean, exactMean),
    percentileErrors: PERCENTILES.map((percentile, index) =>
      deviation(percentiles[index]!, ascending[nearestRank(percentile, size)]!),
    ),
  };
}

/** Relative; what is exactly right is 0, also where that is zero. */
function deviation(actual: number, expected: number): number {
  return actual === expected ? 0 : Math.abs(actual - expected) / expected;
}

/** The index of a percentile among ascending values. */
function nearestRank(percentile: number, size: number): number {
  return Math.max(Math.ceil((percentile * size) / 100), 1) - 1;
}

/** Reads lines strictly, and counts each timing as often as its rate says, cut to a whole number as servers do. */
class WeightingServer {
  readonly #samples = new Map<string, WeightedSample[]>();
  #read = 0;
  count = 0;

  /** Reads what is new among the payloads. */
  read(payloads: readonly string[]): void {
    for (const payload of payloads.slice(this.#read)) {
      for (const { name, value, rate } of parseStatsdPayload(payload, 'dogstatsd')) {
        const weight = Math.trunc(1 / rate);
        this.count += weight;
        const samples = this.#samples.get(name);
        if (samples === undefined) this.#samples.set(name, [{ value, weight }]);
        else samples.push({ value, weight });
      }
    }
    this.#read = payloads.length;
  }

  timer(name: string): Timer {
    const samples = this.#samples.get(name)!;
    return {
      count: totalWeight(samples),
      mean: weightedMean(samples),
      percentiles: PERCENTILES.map((percent) => weightedPercentile(samples, percent)),
    };
  }
}
