import { createMetrics } from '@tallykit/metrics';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

const CALLS = 50_000;
const ROUNDS = 9;

const ROUTES = ['product', 'cart', 'checkout', 'search'] as const;
const REGIONS = ['eu', 'us', 'asia'] as const;

export interface Speed {
  name: string;
  nanoseconds: number;
}

/**
 * The price of a call, each way in turn and many times over, so that a busy machine slows all of them alike. The median
 * round counts. The first entry is OpenTelemetry's own counter, which the others are compared with.
 */
export async function measureSpeed(): Promise<Speed[]> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const metrics = createMetrics({ meterProvider });
  const raw = meterProvider.getMeter('raw').createCounter('raw');
  const bound = metrics.counter('bound', { route: 'cart', region: 'eu', status: 200 });
  const tags = (call: number) => ({ route: ROUTES[call & 3]!, region: REGIONS[call % 3]!, status: 200 });

  const ways: [name: string, run: () => void][] = [
    ['counter.add(1, 3 attributes)', () => repeat((call) => raw.add(1, tags(call)))],
    [
      'metrics.incr(name, 1, 3 tags)',
      () => repeat((call) => metrics.incr('orders', 1, { tags: tags(call) })),
    ],
    ['metrics.incr(name)', () => repeat(() => metrics.incr('plain'))],
    ['bound.incr()', () => repeat(() => bound.incr())],
  ];
  const rounds = ways.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, run]] of ways.entries()) {
      const start = process.hrtime.bigint();
      run();
      rounds[index]!.push(Number(process.hrtime.bigint() - start) / CALLS);
      // The terminal and the timers have their turn.
      await new Promise(setImmediate);
    }
  }
  await meterProvider.shutdown();
  return ways.map(([name], index) => ({ name, nanoseconds: median(rounds[index]!) }));
}

function repeat(call: (index: number) => void): void {
  for (let index = 0; index < CALLS; index += 1) call(index);
}

function median(values: number[]): number {
  return values.toSorted((first, second) => first - second)[Math.floor(values.length / 2)]!;
}
