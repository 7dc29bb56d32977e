import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism, platform } from 'node:os';
import { Worker } from 'node:worker_threads';
import { STATSD_DEFAULTS } from '@tallykit/exporter-statsd';
import { expect, test } from 'vitest';
import { startStatsdRig } from './statsd-rig.ts';

const METRICS = 50;
const SERIES_PER_METRIC = 2_000;
const SERIES = METRICS * SERIES_PER_METRIC;

/** `metric0:1|c|#customer:0,region:us` and its line end: none is shorter. */
const LINE_BYTES = 34;
const LINES_PER_DATAGRAM = Math.ceil(STATSD_DEFAULTS.maxPayloadBytes.udp / LINE_BYTES);

test.for(['idle', 'busy'] as const)(
  '100,000 series over UDP: all that the kernel does not drop before the server reads it arrives, cores %s',
  { timeout: 120_000 },
  async (cores) => {
    // The budgets include the overflow series.
    await using rig = await startStatsdRig({
      // The pace is made for it.
      server: { receiveBytes: 0 },
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
    const wrong = [...counters].filter(
      ([key, value]) => value !== 1 + Number(/customer=(\d+)/.exec(key)?.[1]),
    );
    expect(wrong).toEqual([]);
    const { lines, badLines } = await rig.server.received();
    expect([lines, badLines]).toEqual([counters.size, 0]);
    // Where the server gets its time, nothing is dropped, and no line may be missing.
    const dropped = await droppedDatagrams(rig.server.port);
    expect(SERIES - lines).toBeLessThanOrEqual(dropped * LINES_PER_DATAGRAM);
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

/**
 * How many datagrams the kernel dropped because their receiver, at this port, had not read the ones before. None where the
 * kernel doesn't say it.
 */
async function droppedDatagrams(port: number): Promise<number> {
  if (platform() !== 'linux') return 0;
  const table = await readFile('/proc/net/udp', 'utf8');
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = table.split('\n').map((row) => row.trim().split(/\s+/));
  const own = rows.filter(([, local]) => local?.endsWith(`:${hexadecimal}`));
  expect(own).toHaveLength(1);
  return Number(own[0]!.at(-1));
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
