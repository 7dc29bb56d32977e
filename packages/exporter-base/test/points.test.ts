import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { tallyOf } from '../src/index.ts';
import { readMetric, readValue, toMillis } from '../src/points.ts';

const scope = { name: 'shop', version: '1.2.0' };
const read = (metric: MetricData) => readMetric(metric, scope);
const valueOf = (metric: MetricData) => readValue(metric, metric.dataPoints[0]!);
const { CUMULATIVE } = AggregationTemporality;
const explicit = { buckets: { boundaries: [10], counts: [1, 2] }, count: 3, sum: 45, min: 5, max: 20 };

describe('readMetric', () => {
  it('reads name, unit, description and scope', () => {
    expect(read(sumData('orders', 3, { unit: '{order}' }))).toEqual({
      type: 'sum',
      isUpDown: false,
      name: 'orders',
      unit: '{order}',
      description: '',
      scope,
    });
  });

  it.each([
    ['increases', sumData('orders', 3), { type: 'sum', isUpDown: false }],
    [
      'up-down sums as current values',
      sumData('active', -2, { temporality: CUMULATIVE, isMonotonic: false }),
      { type: 'gauge', isUpDown: true },
    ],
    [
      'up-down sums that are deltas as increases',
      sumData('active', -2, { isMonotonic: false }),
      { type: 'sum', isUpDown: true },
    ],
    ['gauges', gaugeData('temperature', -1.5), { type: 'gauge', isUpDown: false }],
    [
      'gauges that call themselves cumulative',
      gaugeData('t', 1, { temporality: CUMULATIVE }),
      { type: 'gauge' },
    ],
    ['histograms', histogramData('latency', explicit), { type: 'histogram', isUpDown: false }],
  ])('reads %s', (_, metric, expected) => {
    expect(read(metric)).toMatchObject(expected);
  });

  it.each([
    ['a running total', sumData('total', 3, { temporality: CUMULATIVE })],
    ['a running histogram', histogramData('latency', explicit, { temporality: CUMULATIVE })],
  ])('refuses %s', (_, metric) => {
    expect(read(metric)).toMatchObject({ refused: 'cumulative' });
  });
});

describe('readValue', () => {
  it('reads numbers', () => {
    expect([valueOf(sumData('orders', 3)), valueOf(gaugeData('temperature', -1.5))]).toEqual([3, -1.5]);
  });

  it('reads explicit histograms', () => {
    expect(valueOf(histogramData('latency', explicit))).toEqual({
      type: 'explicit',
      boundaries: [10],
      counts: [1, 2],
      count: 3,
      sum: 45,
      min: 5,
      max: 20,
    });
  });

  it('reads exponential histograms, and minimum and maximum that were not recorded as unknown', () => {
    const value = {
      count: 1,
      sum: 8,
      min: Infinity,
      max: -Infinity,
      scale: 0,
      zeroCount: 0,
      positive: { offset: 2, bucketCounts: [1] },
      negative: { offset: 0, bucketCounts: [] },
    };
    const metric = {
      ...histogramData('latency', explicit),
      dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
      dataPoints: [{ ...histogramData('latency', explicit).dataPoints[0]!, value }],
    } as MetricData;
    expect(valueOf(metric)).toEqual({ ...value, type: 'exponential', min: undefined, max: undefined });
  });

  it.each([
    ['NaN', gaugeData('g', Number.NaN)],
    ['infinity', sumData('s', Infinity)],
    ['a histogram of infinity', histogramData('h', { ...explicit, sum: -Infinity })],
  ])('refuses %s', (_, metric) => {
    expect(valueOf(metric)).toMatchObject({ refused: 'notFinite' });
  });
});

describe('tallyOf', () => {
  it('counts all points, and adds up what can be exported of sums', () => {
    const metrics = resourceMetrics([
      sumData('a', 2),
      sumData('b', 0.5),
      sumData('c', 7, { temporality: CUMULATIVE }),
      sumData('d', Number.NaN),
      gaugeData('e', 100),
    ]);
    expect(tallyOf(metrics)).toEqual({ points: 5, amount: 2.5 });
  });
});

describe('toMillis', () => {
  it('keeps the fraction', () => {
    expect(toMillis([1_700_000_000, 500_250_000])).toBe(1_700_000_000_500.25);
  });
});
