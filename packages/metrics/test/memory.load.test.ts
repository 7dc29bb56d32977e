import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../src/index.ts';
import { setUp } from './collect.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('the heap', () => {
  it('stays flat over ten million calls', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const hits = metrics.counter('hits');
    const reused = { tags: { plan: 'pro', shard: 1, ok: true } };
    const callEach = (calls: number): void => {
      for (let call = 0; call < calls; call += 4) {
        metrics.incr('orders', 1, reused);
        metrics.incr('orders', 1, { tags: { plan: 'free', shard: call % 100, ok: false } });
        metrics.upDown('active', call % 8 === 0 ? 1 : -1);
        hits.incr();
      }
    };
    callEach(400_000);
    await reader.points();
    const before = heapUsed();
    callEach(10_000_000);
    expect(metrics.stats().recorded).toBe(10_400_000);
    expect(heapUsed() - before).toBeLessThan(1_000_000);
    const total = (await reader.points()).reduce((sum, { value }) => sum + value, 0);
    // Three counters of four, and an up-down counter that ends where it began.
    expect(total).toBe(7_500_000);
  });

  it('does not grow with series that come and go', async () => {
    const { reader, meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider, maxSeriesPerMetric: 500 });
    const generations = async (from: number, to: number): Promise<void> => {
      for (let generation = from; generation < to; generation += 1) {
        for (let series = 0; series < 400; series += 1) {
          metrics.incr('orders', 1, { tags: { request: `${generation}-${series}`, text: 'x'.repeat(500) } });
        }
        for (let round = 0; round < 32; round += 1) await reader.points();
      }
    };
    await generations(0, 20);
    const before = heapUsed();
    await generations(20, 60);
    expect(heapUsed() - before).toBeLessThan(1_000_000);
    expect(metrics.stats()).toMatchObject({ recorded: 24_000, handed: 24_000, overflowed: 0, series: 0 });
  });

  it('does not hold the texts that tags were cut from', () => {
    const { meterProvider } = setUp();
    const metrics = createMetrics({ meterProvider });
    const before = heapUsed();
    for (let series = 0; series < 1_990; series += 1) {
      const body = `${series} `.repeat(40_000);
      metrics.incr('cut', 1, { tags: { body } });
      metrics.incr('sliced', 1, { tags: { part: body.slice(0, 40) } });
      metrics.incr(body.slice(0, 20), 0);
    }
    // 4 MB of texts that are kept; 0.1 held 404 MB.
    expect(heapUsed() - before).toBeLessThan(20_000_000);
    expect(metrics.stats().series).toBeGreaterThan(2 * 1_990);
  });
});
