import assert from 'node:assert/strict';
import { gaugeData } from '../recording/metric-data.ts';
import { conformanceCase, type ConformanceCase } from './conformance-case.ts';
import { isSuccess } from './trial.ts';

/** Exports, flushes and the shutdown, one after the other and at the same time. */
export const timeCases: readonly ConformanceCase[] = [
  conformanceCase('At every moment received is exported, pending and dropped together', async (trial) => {
    const { exporter, facts } = trial;
    assert.equal(typeof exporter.stats === 'function', facts.stats, 'whether there is a method stats()');
    trial.assertStatsAddUp('at the start');
    for (const then of [() => undefined, () => trial.running.refuse(), () => trial.running.recover()]) {
      await then();
      const metrics = Array.from({ length: 50 }, (_, index) => gaugeData(`depth${index}`, index));
      const call = trial.begin([...metrics, gaugeData('odd', Number.NaN)]);
      trial.assertStatsAddUp('while an export is under way');
      await new Promise((resolve) => setImmediate(resolve));
      trial.assertStatsAddUp('a turn later');
      await call.answer;
      trial.assertStatsAddUp('after an export');
    }
    await trial.shutDown();
    await trial.export([gaugeData('late', 1)]);
    trial.assertStatsAddUp('after an export that came too late');
    if (!exporter.stats) return;
    const { pending } = exporter.stats();
    assert.equal(pending.points, 0, 'pending points after the shutdown');
  }),

  conformanceCase(
    'Exports that overlap are each answered once, and what is answered with SUCCESS arrives',
    async (trial) => {
      const calls = [];
      for (let index = 0; index < 5; index += 1) {
        trial.meter.createCounter('orders').add(1, { index });
        calls.push(trial.begin(await trial.collect()));
      }
      const results = await Promise.all(calls.map(({ answer }) => answer));
      const succeeded = results.filter(isSuccess).length;
      const count = (await trial.arrivals()).count('orders');
      if (trial.facts.discards) return;
      assert.ok(
        count >= succeeded,
        `${succeeded} of 5 increases were answered with SUCCESS, and ${count} arrived`,
      );
      assert.ok(count <= 5, `5 increases became ${count}`);
      if (count < 5) trial.assertLossIsKnown(5 - count, results, 'exports that overlap');
    },
  ),

  conformanceCase('forceFlush ends after everything that was handed in has left', async (trial) => {
    trial.meter.createCounter('orders').add(3);
    const call = trial.begin(await trial.collect());
    await trial.forceFlush();
    assert.equal(call.answers, 1, 'answers to the export when forceFlush ended');
    if (trial.exporter.stats)
      assert.equal(trial.exporter.stats().pending.points, 0, 'pending points after forceFlush');
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.count('orders') === 3, 'what was flushed');
  }),

  conformanceCase('shutdown sends what was handed in, and can be called twice', async (trial) => {
    trial.meter.createCounter('orders').add(3);
    const call = trial.begin(await trial.collect());
    await Promise.all([trial.shutDown(), trial.shutDown()]);
    await trial.shutDown();
    await call.answer;
    if (trial.facts.discards) return;
    await trial.until((arrivals) => arrivals.count('orders') === 3, 'what was handed in before the shutdown');
  }),

  conformanceCase('After the shutdown an export is FAILED, and nothing is sent', async (trial) => {
    await trial.arrivals();
    await trial.shutDown();
    const sent = trial.payloads.length;
    const result = await trial.export([gaugeData('late', 1)]);
    assert.ok(!isSuccess(result), 'the answer to an export after the shutdown is SUCCESS');
    await trial.forceFlush();
    await trial.arrivalsSoFar();
    assert.equal(trial.payloads.length, sent, 'payloads, one of them sent after the shutdown');
  }),
];
