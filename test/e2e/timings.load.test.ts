import { expect, test } from 'vitest';
import { normal, pareto, seededRandom } from '../random.ts';
import { startStatsdRig } from './statsd-rig.ts';

const VALUES = 100_000;
const SEEDS = [1, 2, 3];
const PERCENTILES = [50, 95, 99];

const distributions = [
  {
    name: 'log-normal σ 0.5',
    within: 0.02,
    draw: (random: () => number) => 30 * Math.exp(0.5 * normal(random)),
  },
  { name: 'log-normal σ 1', within: 0.02, draw: (random: () => number) => 30 * Math.exp(normal(random)) },
  { name: 'Pareto α 1.5', within: 0.03, draw: (random: () => number) => 5 * pareto(random, 1.5) },
];

test.for(['udp', 'tcp'] as const)(
  'percentiles, means and counts of 100,000 timings, over %s',
  async (protocol) => {
    await using rig = await startStatsdRig({ server: { protocol, percentThreshold: PERCENTILES } });
    const recorded = new Map<string, { values: number[]; within: number }>();
    for (const [index, { draw, within }] of distributions.entries()) {
      for (const seed of SEEDS) {
        const random = seededRandom(1_000 * seed + index);
        const values = Array.from({ length: VALUES }, () => draw(random));
        for (const value of values) rig.metrics.timing(`timing${index}`, value, { tags: { seed } });
        recorded.set(`timing${index};seed=${seed}`, { values, within });
      }
    }
    await rig.meterProvider.forceFlush();
    const { timers } = await rig.server.flush();

    expect([...timers.keys()].toSorted()).toEqual([...recorded.keys()].toSorted());
    for (const [series, { values, within }] of recorded) {
      const timer = timers.get(series)!;
      const mean = values.reduce((sum, value) => sum + value, 0) / VALUES;
      expect(Math.abs(timer.count - VALUES) / VALUES, `count of ${series}`).toBeLessThan(1e-6);
      expect(Math.abs(timer.mean - mean) / mean, `mean of ${series}`).toBeLessThan(1e-6);
      const sorted = values.toSorted((first, second) => first - second);
      for (const percentile of PERCENTILES) {
        const exact = sorted[Math.round((percentile / 100) * VALUES) - 1]!;
        const error = Math.abs(timer.percentiles.get(percentile)! - exact) / exact;
        expect(error, `p${percentile} of ${series}`).toBeLessThan(within);
      }
    }
    await expect(rig.server.received()).resolves.toMatchObject({ badLines: 0 });
  },
);
