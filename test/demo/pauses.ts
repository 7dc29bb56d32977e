import { EventLoopWatch } from '../bench/event-loop-watch.ts';
import { decimal } from './screen.ts';
import { provide } from './speed.ts';

/** How many series a collection has. */
const SERIES = 10_000;
const VALUES_PER_SERIES = 5;

/** The longest time, in milliseconds, in which a collection lets nothing else run. */
export interface Pause {
  what: string;
  instruments: number;
  own: number;
}

/** Collects once from instruments and once through a producer, pauses of the garbage collector left out. */
export async function measurePauses(): Promise<Pause[]> {
  return [
    await measure(`a collection of ${decimal(SERIES)} counters`, 1, false),
    await measure(
      `a collection of ${decimal(SERIES)} timings, ${VALUES_PER_SERIES} values each`,
      VALUES_PER_SERIES,
      true,
    ),
  ];
}

async function measure(what: string, values: number, isTiming: boolean): Promise<Pause> {
  const { meterProvider, metrics, producer, reader } = provide();
  const meter = meterProvider.getMeter('raw');
  const [counter, histogram] = [meter.createCounter('counter'), meter.createHistogram('histogram')];
  for (let series = 0; series < SERIES; series += 1) {
    for (let value = 1; value <= values; value += 1) {
      if (isTiming) metrics.timing('timing', value, { tags: { series } });
      else metrics.incr('incr', 1, { tags: { series } });
    }
  }
  const own = await pauseOf(() => producer.collect());
  for (let series = 0; series < SERIES; series += 1) {
    for (let value = 1; value <= values; value += 1) {
      if (isTiming) histogram.record(value, { series });
      else counter.add(1, { series });
    }
  }
  const instruments = await pauseOf(() => reader.collect());
  await meterProvider.shutdown();
  return { what, instruments, own };
}

async function pauseOf(collect: () => Promise<unknown>): Promise<number> {
  const watch = new EventLoopWatch();
  const start = performance.now();
  await collect();
  const period = { start, end: performance.now() };
  const longestOf = await watch.end();
  return longestOf(period).own;
}
