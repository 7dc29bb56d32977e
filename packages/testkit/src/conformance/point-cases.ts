import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { AggregationTemporality, AggregationType, InstrumentType } from '@opentelemetry/sdk-metrics';
import { gaugeData, sumData } from '../recording/metric-data.ts';
import { assertClose, assertCount, assertGauge } from './assert-arrivals.ts';
import { formatCase, type ConformanceCase } from './conformance-case.ts';
import type { ExportResult, Trial } from './trial.ts';

/** Every kind of point arrives with its value. */
export const pointCases: readonly ConformanceCase[] = [
  formatCase(
    'It chooses the temporality that it states, for every type of instrument',
    async ({ exporter, facts }) => {
      const { DELTA, CUMULATIVE } = AggregationTemporality;
      for (const type of Object.values(InstrumentType)) {
        const chosen = exporter.selectAggregationTemporality?.(type) ?? CUMULATIVE;
        assert.ok(chosen === DELTA || chosen === CUMULATIVE, `${type}: ${chosen} is no temporality`);
        if (facts.discards || GAUGES.has(type)) continue;
        const expected = facts.temporality === 'delta' && !UP_DOWN.has(type) ? DELTA : CUMULATIVE;
        assert.equal(AggregationTemporality[chosen], AggregationTemporality[expected], type);
      }
    },
  ),

  formatCase('Counters arrive as what they were increased by, each increase once', async (trial) => {
    let bytes = 0;
    trial.meter.createObservableCounter('bytes').addCallback((result) => result.observe(bytes));
    for (const increase of [5, 7, 11]) {
      bytes += increase * 100;
      trial.meter.createCounter('orders').add(increase);
      await trial.export();
    }
    await assertCount(trial, 'orders', 23);
    await assertCount(trial, 'bytes', 2300);
  }),

  formatCase('Up-down counters and gauges arrive as their current value', async (trial) => {
    const { meter } = trial;
    let heap = 0;
    meter.createObservableUpDownCounter('heap').addCallback((result) => result.observe(heap));
    meter.createObservableGauge('load').addCallback((result) => result.observe(heap / 8));
    for (const [active, depth] of [
      [5, 40],
      [-2, 4],
      [4, 44],
    ] as const) {
      heap += 10;
      meter.createUpDownCounter('active').add(active);
      meter.createGauge('depth').record(depth);
      await trial.export();
    }
    const arrivals = await trial.arrivals();
    for (const [name, value] of [
      ['active', 7],
      ['depth', 44],
      ['heap', 30],
      ['load', 3.75],
    ] as const)
      assertGauge(trial, arrivals, name, value);
  }),

  formatCase('Exponential histograms arrive with all their values', (trial) => assertHistogram(trial, 0.05), {
    views: [
      {
        instrumentName: 'latency',
        aggregation: {
          type: AggregationType.EXPONENTIAL_HISTOGRAM,
          options: { maxSize: 160, recordMinMax: true },
        },
      },
    ],
  }),

  // Tolerance: the widest bucket that matters is 25 to 50.
  formatCase(
    'Histograms with explicit buckets arrive with all their values',
    (trial) => assertHistogram(trial, 0.25),
    {
      views: [
        { instrumentName: 'latency', aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } },
      ],
    },
  ),

  formatCase('Gauges below zero arrive as they are, or are counted as dropped', async (trial) => {
    const results: ExportResult[] = [];
    for (const value of [3, -5, -7]) results.push(await trial.export([gaugeData('temperature', value)]));
    const arrivals = await trial.arrivals();
    const values = arrivals.named('temperature').map((one) => ('value' in one ? one.value : undefined));
    if (trial.facts.discards) return assert.deepEqual(values, []);
    if (trial.facts.negativeGauges) return assert.deepEqual(values, [3, -5, -7]);
    assert.deepEqual(
      values,
      [3],
      'gauges below zero of an exporter whose facts state that they do not arrive',
    );
    trial.assertLossIsKnown(2, results, 'gauges below zero');
  }),

  formatCase(
    'Histograms with values below zero arrive as they are, or are counted as dropped',
    async (trial) => {
      // The SDK's histogram instruments take no values below zero. A View can make a histogram of a gauge, which takes them.
      const drift = trial.meter.createGauge('drift');
      for (const value of [-30, -20, 5]) drift.record(value);
      const result = await trial.export();
      const distribution = (await trial.arrivals()).distribution('drift');
      if (trial.facts.discards) return;
      if (trial.facts.negativeDistributions && trial.facts.histograms !== 'none') {
        assert.equal(distribution?.count, 3, 'values of a histogram that arrived');
        assertClose(distribution?.min, -30, 0.05, 'the lowest of them');
      } else {
        assert.equal(distribution, undefined, 'of a histogram whose facts state that it does not arrive');
        trial.assertLossIsKnown(1, [result], 'a histogram with values below zero');
      }
    },
    {
      views: [
        {
          instrumentName: 'drift',
          aggregation: {
            type: AggregationType.EXPONENTIAL_HISTOGRAM,
            options: { maxSize: 160, recordMinMax: true },
          },
        },
      ],
    },
  ),

  formatCase('A running total of somebody else is never added up', async (trial) => {
    const results: ExportResult[] = [];
    for (const total of [5, 7, 12]) {
      const temporality = AggregationTemporality.CUMULATIVE;
      results.push(await trial.export([sumData('requests', total, { temporality })]));
    }
    const arrived = (await trial.arrivals()).count('requests');
    if (trial.facts.discards) return;
    // 12: they were read as totals. 7: the increases since the first one were sent. 0: they were refused.
    assert.ok([12, 7, 0].includes(arrived), `the running totals 5, 7, 12 became ${arrived}`);
    if (arrived === 0) trial.assertLossIsKnown(3, results, 'running totals');
  }),
];

const GAUGES: ReadonlySet<InstrumentType> = new Set([InstrumentType.GAUGE, InstrumentType.OBSERVABLE_GAUGE]);

const UP_DOWN: ReadonlySet<InstrumentType> = new Set([
  InstrumentType.UP_DOWN_COUNTER,
  InstrumentType.OBSERVABLE_UP_DOWN_COUNTER,
]);

/**
 * Records 1 to 100 in a histogram, and checks what arrives.
 *
 * @param tolerance of percentiles and extremes that are not exact, relative to them
 */
async function assertHistogram(trial: Trial, tolerance: number): Promise<void> {
  const latency = trial.meter.createHistogram('latency');
  for (let value = 1; value <= 100; value += 1) latency.record(value);
  const result = await trial.export();
  const arrivals = await trial.arrivals();
  const { facts } = trial;
  if (facts.discards)
    return assert.deepEqual(arrivals.series, [], 'what arrived from an exporter that discards');
  if (facts.histograms === 'none') {
    assert.deepEqual(
      arrivals.series.filter(({ name }) => name.includes('latency')),
      [],
      'what arrived of a histogram',
    );
    return trial.assertLossIsKnown(1, [result], 'a histogram');
  }
  const distribution = arrivals.distribution('latency');
  assert.ok(
    distribution,
    `no histogram arrived as ${facts.histograms}, but ${inspect(arrivals.series, { maxArrayLength: 5 })}`,
  );
  assert.equal(distribution.count, 100, 'how many values arrived');
  assertClose(distribution.sum, 5050, 1e-6, 'their sum');
  const ofExtremes = facts.histograms === 'samples' ? tolerance : 1e-9;
  assertClose(distribution.min, 1, ofExtremes, 'their minimum');
  assertClose(distribution.max, 100, ofExtremes, 'their maximum');
  for (const rank of [0.5, 0.95]) {
    const quantile = distribution.quantile(rank);
    if (quantile !== undefined) assertClose(quantile, rank * 100, tolerance, `their quantile ${rank}`);
  }
}
