import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { gaugeData } from '../recording/metric-data.ts';
import type { Arrivals } from './arrivals.ts';
import { conformanceCase, hangingCase, type ConformanceCase } from './conformance-case.ts';
import { isSuccess, pointsOf, type ExportResult } from './trial.ts';

/** What happens while a backend refuses or hangs, and afterwards. */
export const outageCases: readonly ConformanceCase[] = [
  conformanceCase(
    'What a backend refuses is dropped and said, or kept, as the exporter states',
    async (trial) => {
      const { facts, running } = trial;
      await trial.arrivals();
      await running.refuse();
      const results: ExportResult[] = [];
      // The first export may still be written into a connection that breaks because of it.
      for (let index = 0; index < 3; index += 1) {
        trial.meter.createCounter('orders').add(1);
        results.push(await trial.export());
      }
      const failures = results.filter((result) => !isSuccess(result)).length;
      const failed = failures > 0;
      const { dropped, pending } = trial.exporter.stats?.() ?? { dropped: undefined, pending: undefined };
      const isNoticed = failed || (dropped?.points ?? 0) > 0 || (pending?.points ?? 0) > 0;
      await running.recover();
      if (facts.discards || facts.outage === 'unnoticed')
        return assert.equal(
          isNoticed,
          false,
          'whether an exporter noticed whose facts state that it does not',
        );
      if (facts.outage === 'kept') {
        const isThere = (arrivals: Arrivals) => arrivals.count('orders') === 3;
        await trial.until(isThere, 'what the backend refused at first', RETRY_MILLIS);
        return;
      }
      assert.ok(failed, 'three exports to a backend that refuses were answered with SUCCESS');
      if (facts.outage === 'kept or dropped') {
        const lost = () => trial.exporter.stats?.().dropped.points ?? failures;
        const isKnown = (arrivals: Arrivals) => arrivals.count('orders') + lost() >= failures;
        await trial.until(isKnown, 'what the backend refused at first and was not dropped', RETRY_MILLIS);
        const arrived = (await trial.arrivals()).count('orders');
        assert.ok(arrived <= 3, `3 increases became ${arrived}`);
        return;
      }
      trial.assertLossIsKnown(1, results, 'refused points');
      // The next running total contains what was dropped.
      if (facts.temporality === 'cumulative') return;
      assert.ok(
        (await trial.arrivals()).count('orders') < 3,
        'what was refused arrived: it is kept, not dropped',
      );
    },
  ),

  conformanceCase('It delivers again by itself when the backend is back', async (trial) => {
    const { running, meter } = trial;
    await trial.arrivals();
    await running.refuse();
    meter.createCounter('orders').add(1);
    await trial.export();
    await running.recover();
    if (trial.facts.discards) return;
    // Twice: an exporter may notice that a connection is broken only when it writes into it.
    for (let index = 0; index < 2; index += 1) {
      meter.createCounter('orders').add(1);
      await trial.export();
    }
    meter.createCounter('back').add(1);
    await trial.export();
    const arrivals = await trial.until((so) => so.count('back') === 1, 'what was recorded after the outage');
    assert.ok(arrivals.count('orders') <= 3, `3 increases became ${arrivals.count('orders')}`);
  }),

  hangingCase(
    'A backend that hangs holds up no export, flush or shutdown beyond the deadline',
    async (trial) => {
      await trial.arrivals();
      await trial.running.hang();
      // If the connection broke when the backend began to hang, this export notices it. The next ones then meet the backend itself.
      await trial.export([gaugeData('first', 1)]);
      // Seven megabytes are more than the buffers of a connection hold. Each line fits into a datagram.
      const attributes = Object.fromEntries(Array.from('abcdef', (key) => [key, key.repeat(180)]));
      const metrics = Array.from({ length: 6000 }, (_, index) =>
        gaugeData(`depth${index}`, index, { attributes }),
      );
      const call = trial.begin(metrics);
      await trial.forceFlush();
      await call.answer;
      const last = trial.begin([gaugeData('last', 1)]);
      await trial.shutDown();
      await last.answer;
    },
  ),

  hangingCase('What may have arrived is never counted twice', async (trial) => {
    const { meter, running, facts } = trial;
    await running.hang();
    meter.createCounter('orders').add(1);
    await trial.export();
    await running.recover();
    meter.createCounter('orders').add(1);
    await trial.export();
    await trial.arrivals();
    // What the exporter wants to send again has been sent when the shutdown ends.
    await trial.shutDown();
    const arrivals = await trial.arrivalsSoFar();
    const timed = arrivals.named('orders').every(({ timestamp }) => timestamp !== undefined);
    if (facts.idempotent)
      assert.ok(timed, 'its facts state that its payloads may arrive twice, and they have no time');
    const count = arrivals.count('orders');
    assert.ok(count <= 2, `2 increases became ${count}`);
  }),

  conformanceCase(
    'A MeterProvider that is shut down while its backend is dead ends, and shuts the exporter down',
    async (trial) => {
      const { exporter } = trial;
      await trial.running.refuse();
      let shutdowns = 0;
      const delegate: PushMetricExporter = {
        export: (metrics, callback) => {
          trial.handed += pointsOf(metrics);
          exporter.export(metrics, callback);
        },
        forceFlush: () => exporter.forceFlush(),
        shutdown: () => {
          shutdowns += 1;
          return exporter.shutdown();
        },
        ...(exporter.selectAggregationTemporality && {
          selectAggregationTemporality: (type) => exporter.selectAggregationTemporality!(type),
        }),
        ...(exporter.selectAggregation && { selectAggregation: (type) => exporter.selectAggregation!(type) }),
      };
      const provider = new MeterProvider({
        readers: [new PeriodicExportingMetricReader({ exporter: delegate })],
      });
      provider.getMeter('conformance').createCounter('orders').add(1);
      await trial.inTime(
        provider.shutdown(),
        'the end of MeterProvider.shutdown with a dead backend',
        30_000,
      );
      assert.equal(shutdowns, 1, 'how often the exporter was shut down');
    },
  ),

  hangingCase('No secret is said or kept in an error, whatever happens', async (trial) => {
    const { running, facts } = trial;
    const results = [await trial.export([gaugeData('depth', 1)])];
    await running.refuse();
    results.push(await trial.export([gaugeData('depth', 2), gaugeData('odd', Number.NaN)]));
    await running.recover();
    await running.hang();
    results.push(await trial.export([gaugeData('depth', 3)]));
    await trial.forceFlush();
    await trial.shutDown();
    results.push(await trial.export([gaugeData('depth', 4)]));
    const texts = [...trial.logged.everything, ...results.map(({ error }) => inspect(error, { depth: 10 }))];
    for (const secret of facts.secrets) {
      const leak = texts.find((text) => text.includes(secret));
      assert.equal(leak?.replaceAll(secret, '(the secret)'), undefined, 'a text with a secret');
    }
  }),
];

/** How long an exporter may wait, after three failures, before it tries again by itself. */
const RETRY_MILLIS = 6000;
