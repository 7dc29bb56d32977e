import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { gaugeData, resourceMetrics } from '../recording/metric-data.ts';
import { assertCount, assertGauge } from './assert-arrivals.ts';
import { formatCase, type ConformanceCase } from './conformance-case.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { increaseByOne } from './increase-by-one.ts';

/** Names and tags arrive as they were recorded, and add nothing else. */
export const tagCases: readonly ConformanceCase[] = [
  formatCase('Tags arrive as they were recorded, or none does', async (trial) => {
    const orders = trial.meter.createCounter('orders');
    const depth = trial.meter.createGauge('depth');
    const tags = { plan: 'pro', region: 'eu' };
    orders.add(2, tags);
    orders.add(3, { plan: 'free', region: 'eu' });
    depth.record(4, tags);
    await trial.export();
    const arrivals = await assertCount(trial, 'orders', 5);
    if (trial.facts.discards) return;
    if (trial.facts.tags) {
      assert.equal(arrivals.count('orders', tags), 2, 'what arrived with the tags plan=pro and region=eu');
      assert.equal(arrivals.count('orders', { plan: 'free', region: 'eu' }), 3);
      assert.equal(arrivals.gauge('depth', tags), 4);
    } else {
      const tagged = arrivals.series.find((one) => Object.keys(one.tags).length > 0);
      assert.equal(
        tagged,
        undefined,
        'a series with tags, of an exporter whose facts state that it has none',
      );
      assert.equal(arrivals.named('orders').length, 1, 'series that are equal on the wire');
    }
  }),

  formatCase(
    'A tag that is changed in an attributes object that is used again arrives changed',
    async (trial) => {
      const attributes = { plan: 'free' };
      await trial.export([gaugeData('depth', 1, { attributes })]);
      attributes.plan = 'pro';
      const endSeconds = Math.floor(Date.now() / 1000) + 10;
      await trial.export([gaugeData('depth', 2, { attributes, endSeconds })]);
      const arrivals = await trial.arrivals();
      if (!trial.facts.tags || trial.facts.discards) return assertGauge(trial, arrivals, 'depth', 2);
      assert.equal(arrivals.gauge('depth', { plan: 'free' }), 1, 'with the tag plan=free');
      assert.equal(arrivals.gauge('depth', { plan: 'pro' }), 2, 'with the tag plan=pro');
    },
  ),

  formatCase(
    'Nothing in a name, a tag key or a tag value can add a series, a tag or a value',
    async (trial) => {
      const texts = HOSTILE_TEXTS.flatMap((text) => [text, `a${text}b`]);
      const data = texts.flatMap((text) => [
        increaseByOne(trial.facts, `hostile${text}`),
        increaseByOne(trial.facts, 'hostilekey', { [text]: 'value' }),
        increaseByOne(trial.facts, 'hostilevalue', { key: text }),
      ]);
      const result = await trial.export(data);
      const { series } = await trial.arrivals();
      if (trial.facts.discards) return;
      const arrived = series.filter(({ name }) => !name.includes('conformanceend'));
      for (const { name, tags } of arrived) {
        assert.match(name, /hostile/, 'a series that nobody recorded');
        assert.ok(Object.keys(tags).length <= 1, `one tag became ${inspect(tags)}`);
      }
      const sum = arrived.reduce((total, one) => total + ('value' in one ? one.value : Number.NaN), 0);
      if (trial.facts.temporality === 'cumulative') return;
      assert.ok(sum <= data.length, `${data.length} increases by one became ${sum}`);
      if (sum < data.length) trial.assertLossIsKnown(data.length - sum, [result], 'hostile names and tags');
    },
  ),

  formatCase('Two points that are equal on the wire add up', async (trial) => {
    const scopeMetrics = [];
    for (const { meter, reader } of [trial.newReader(), trial.newReader()]) {
      meter.createCounter('orders').add(2, { plan: 'pro' });
      meter.createHistogram('latency').record(10);
      scopeMetrics.push(...(await reader.read()).scopeMetrics);
    }
    await trial.export({ ...resourceMetrics([]), scopeMetrics });
    const arrivals = await assertCount(trial, 'orders', 4);
    if (trial.facts.discards || trial.facts.histograms === 'none') return;
    assert.equal(
      arrivals.distribution('latency')?.count,
      2,
      'values of two histograms that are equal on the wire',
    );
  }),
];
