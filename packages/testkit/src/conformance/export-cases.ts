import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { resourceMetrics, sumData } from '../recording/metric-data.ts';
import { assertCount, assertSuccess } from './assert-arrivals.ts';
import { conformanceCase, formatCase, type ConformanceCase } from './conformance-case.ts';
import type { Trial } from './trial.ts';

/** What `export` must do, whatever it is handed. */
export const exportCases: readonly ConformanceCase[] = [
  conformanceCase('An empty batch is answered with SUCCESS, and nothing is sent', async (trial) => {
    const empty = resourceMetrics([]);
    const withoutPoints = resourceMetrics([{ ...sumData('orders', 1), dataPoints: [] }]);
    for (const metrics of [{ ...empty, scopeMetrics: [] }, empty, withoutPoints])
      assertSuccess(await trial.export(metrics), 'an empty batch');
    assert.deepEqual((await trial.arrivalsSoFar()).series, []);
    assert.equal(trial.payloads.length, 0, 'payloads of empty batches');
  }),

  conformanceCase('Every export is answered exactly once, and nothing is thrown', async (trial) => {
    for (let exported = 0; exported < 3; exported += 1) {
      trial.meter.createCounter('orders').add(1);
      await trial.export();
    }
    await trial.forceFlush();
    await trial.shutDown();
    await trial.export([sumData('orders', 1)]);
  }),

  formatCase('What it is handed stays as it is, also when it is deep-frozen', async (trial) => {
    recordEveryKind(trial);
    const metrics = await trial.collect();
    const copy = structuredClone(metrics.scopeMetrics);
    await trial.export(metrics);
    assert.ok(isDeepStrictEqual(metrics.scopeMetrics, copy), 'an export changed what it was handed');
    recordEveryKind(trial);
    const frozen = await trial.collect();
    deepFreeze(frozen.scopeMetrics);
    assertSuccess(await trial.export(frozen), 'a deep-frozen batch');
    await assertCount(trial, 'orders', 6);
  }),
];

function recordEveryKind({ meter }: Trial): void {
  const attributes = { plan: 'pro', sizes: [1, 2] };
  meter.createCounter('orders').add(3, attributes);
  meter.createUpDownCounter('active').add(2, attributes);
  meter.createGauge('depth').record(4, attributes);
  meter.createHistogram('latency').record(12, attributes);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
}
