import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { startStatsdRig } from './statsd-rig.ts';

const METRICS = 50;
const SERIES_PER_METRIC = 2_000;
const SERIES = METRICS * SERIES_PER_METRIC;

test.for(['idle', 'busy'] as const)(
  '100,000 series over UDP, none lost at default kernel buffers, cores %s',
  { timeout: 120_000 },
  async (cores) => {
    // The budgets include the overflow series.
    await using rig = await startStatsdRig({
      cardinalityLimit: SERIES_PER_METRIC + 1,
      metrics: { maxSeriesPerMetric: SERIES_PER_METRIC + 1 },
    });
    await using burners = await burnCores(cores === 'busy' ? availableParallelism() : 0);
    expect(burners.threads).toBe(cores === 'busy' ? availableParallelism() : 0);
    for (let metric = 0; metric < METRICS; metric += 1) {
      for (let series = 0; series < SERIES_PER_METRIC; series += 1) {
        rig.metrics.incr(`metric${metric}`, 1 + series, {
          tags: { customer: series, region: series % 2 ? 'eu' : 'us' },
        });
      }
    }
    const report = await flushed(rig);
    expect(report).toEqual({ received: SERIES, exported: SERIES, pending: 0, dropped: 0 });

    const counters = await rig.server.counters();
    expect(counters.size).toBe(SERIES);
    const wrong = [...counters].filter(
      ([key, value]) => value !== 1 + Number(/customer=(\d+)/.exec(key)?.[1]),
    );
    expect(wrong).toEqual([]);
    await expect(rig.server.received()).resolves.toMatchObject({ lines: SERIES, badLines: 0 });
  },
);

async function flushed({ meterProvider, exporter }: Awaited<ReturnType<typeof startStatsdRig>>) {
  await meterProvider.forceFlush();
  const { received, exported, pending, dropped } = exporter.stats();
  return {
    received: received.points,
    exported: exported.points,
    pending: pending.points,
    dropped: dropped.points,
  };
}

/** One thread a core that never rests. */
async function burnCores(cores: number): Promise<AsyncDisposable & { threads: number }> {
  const workers = Array.from({ length: cores }, () => new Worker('while (true);', { eval: true }));
  await Promise.all(workers.map((worker) => once(worker, 'online')));
  return {
    threads: workers.length,
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
