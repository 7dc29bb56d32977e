import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { readPoint } from '../src/index.ts';
import { tallyOf } from '../src/points.ts';

const read = (metric: MetricData) => readPoint(metric, metric.dataPoints[0]!);
const { CUMULATIVE } = AggregationTemporality;
const explicit = { buckets: { boundaries: [10], counts: [1, 2] }, count: 3, sum: 45, min: 5, max: 20 };

describe('readPoint', () => {
  it('reads increases, with name, unit, attributes and times', () => {
    expect(read(sumData('orders', 3, { attributes: { plan: 'pro' } }))).toEqual({
      type: 'sum',
      value: 3,
      isUpDown: false,
      name: 'orders',
      unit: '',
      attributes: { plan: 'pro' },
      startMillis: 1_700_000_000_000,
      endMillis: 1_700_000_010_500,
    });
  });

  it('reads up-down sums as current values, and as increases when they are deltas', () => {
    expect(read(sumData('active', -2, { temporality: CUMULATIVE, isMonotonic: false }))).toMatchObject({
      type: 'gauge',
      isUpDown: true,
      value: -2,
    });
    expect(read(sumData('active', -2, { isMonotonic: false }))).toMatchObject({
      type: 'sum',
      isUpDown: true,
      value: -2,
    });
  });

  it('reads gauges', () => {
    expect(read(gaugeData('temperature', -1.5))).toMatchObject({
      type: 'gauge',
      isUpDown: false,
      value: -1.5,
    });
  });

  it('reads explicit histograms', () => {
    expect(read(histogramData('latency', explicit))).toMatchObject({
      type: 'histogram',
      value: { type: 'explicit', boundaries: [10], counts: [1, 2], count: 3, sum: 45, min: 5, max: 20 },
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
    expect(read(metric)).toMatchObject({
      type: 'histogram',
      value: { ...value, type: 'exponential', min: undefined, max: undefined },
    });
  });

  it.each([
    ['a running total', sumData('total', 3, { temporality: CUMULATIVE }), 'cumulative'],
    ['a running histogram', histogramData('latency', explicit, { temporality: CUMULATIVE }), 'cumulative'],
    ['NaN', gaugeData('g', Number.NaN), 'notFinite'],
    ['infinity', sumData('s', Infinity), 'notFinite'],
    ['a histogram of infinity', histogramData('h', { ...explicit, sum: -Infinity }), 'notFinite'],
  ])('refuses %s', (_, metric, refused) => {
    expect(read(metric)).toMatchObject({ refused });
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
