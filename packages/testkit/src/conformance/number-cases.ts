import assert from 'node:assert/strict';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, sumData } from '../recording/metric-data.ts';
import { assertCount, assertGauge } from './assert-arrivals.ts';
import { formatCase, type ConformanceCase } from './conformance-case.ts';
import type { ConformanceFacts } from './conformance-subject.ts';
import { increaseByOne } from './increase-by-one.ts';
import type { ExportResult } from './trial.ts';

/** Numbers arrive as they are, and what is no number is counted as dropped. */
export const numberCases: readonly ConformanceCase[] = [
  formatCase('NaN and infinite values never arrive, and are counted as dropped', async (trial) => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const results: ExportResult[] = [];
    for (const value of odd) {
      const metrics = [gaugeData('odd', value), sumData('oddsum', value), gaugeData('even', 2)];
      results.push(await trial.export(metrics));
    }
    const arrivals = await trial.arrivals();
    assert.deepEqual(
      [...arrivals.named('odd'), ...arrivals.named('oddsum')],
      [],
      'values that are no numbers',
    );
    assertGauge(trial, arrivals, 'even', 2);
    if (!trial.facts.discards) trial.assertLossIsKnown(6, results, 'values that are not finite');
  }),

  formatCase('Data that no SDK makes costs nothing that stands beside it, and is counted', async (trial) => {
    const grows = increaseByOne(trial.facts, 'grows');
    const bad = dataThatNoSdkMakes(trial.facts);
    const call = trial.begin([increaseByOne(trial.facts, 'orders'), ...bad, grows, gaugeData('even', 2)]);
    // These points are added after the export began: they must not be counted.
    grows.dataPoints.push(...(grows.dataPoints as never[]));
    trial.assertStatsAddUp('while data that no SDK makes is exported');
    await call.answer;
    trial.assertStatsAddUp('after data that no SDK makes');
    await assertCount(trial, 'orders', 1);
    await assertCount(trial, 'grows', 1);
    const arrivals = await trial.arrivals();
    assertGauge(trial, arrivals, 'even', 2);
    for (const name of ['nan', 'mixed']) {
      const odd = arrivals.named(name).filter((one) => 'value' in one && !Number.isFinite(one.value));
      assert.deepEqual(odd, [], `values of ${name} that are no numbers`);
    }
    await assertCount(trial, 'mixed', 3);
  }),

  formatCase('Very large, very small and negative zero values arrive as they are', async (trial) => {
    const values = { large: 1e21, small: 1e-7, precise: 0.1 + 0.2, whole: 2 ** 53 - 1, negativezero: -0 };
    await trial.export(Object.entries(values).map(([name, value]) => gaugeData(name, value)));
    const arrivals = await trial.arrivals();
    for (const [name, value] of Object.entries(values)) assertGauge(trial, arrivals, name, value);
  }),

  formatCase('Fractions add up', async (trial) => {
    for (const increase of [0.25, 0.5, 1.25, 1]) {
      trial.meter.createCounter('hours').add(increase);
      await trial.export();
    }
    await assertCount(trial, 'hours', 3);
  }),
];

/** One metric for each fault that data of the SDK never has. The metric `mixed` also has points without a fault. */
function dataThatNoSdkMakes(facts: ConformanceFacts): MetricData[] {
  const good = (name: string) => increaseByOne(facts, name);
  const withPoint = (name: string, ...wrong: readonly (object | null)[]) => {
    const metric = good(name);
    const [point] = metric.dataPoints;
    const dataPoints = wrong.map((one) => one && { ...point, ...one });
    return { ...metric, dataPoints } as unknown as MetricData;
  };
  const unreadable = Object.defineProperty({}, 'plan', {
    enumerable: true,
    get: () => {
      throw new Error('nobody may look');
    },
  });
  return [
    withPoint('mixed', { value: 1 }, { value: Number.NaN }, null, { value: 2 }),
    withPoint('nan', { value: Number.NaN }, { value: '1' }),
    withPoint('unlabelled', { attributes: undefined }, { attributes: unreadable }),
    withPoint('timeless', { startTime: undefined, endTime: [Number.NaN, 0] }),
    { ...good('nameless'), descriptor: undefined } as unknown as MetricData,
    histogramData('nobuckets', { count: 1 } as never),
  ];
}
