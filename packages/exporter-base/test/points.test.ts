import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { tallyOf } from '../src/index.ts';
import { toMillis } from '../src/series/points.ts';
import { amountAt, commonOf, nameOf, receive, valueAt } from '../src/series/received.ts';

const scope = { name: 'shop', version: '1.2.0' };
const received = (metric: MetricData) =>
  receive({ ...resourceMetrics([]), scopeMetrics: [{ scope, metrics: [metric] }] }).metrics[0]!;
const read = (metric: MetricData) => commonOf(received(metric));
const valueOf = (metric: MetricData) => valueAt(received(metric), 0);
const { CUMULATIVE } = AggregationTemporality;
const explicit = { buckets: { boundaries: [10], counts: [1, 2] }, count: 3, sum: 45, min: 5, max: 20 };

describe('a metric', () => {
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

describe('a value', () => {
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

describe('a histogram that no SDK makes', () => {
  const half = { offset: 2, bucketCounts: [1] };
  const none = { offset: 0, bucketCounts: [] };
  const exponential = {
    scale: 0,
    zeroCount: 1,
    positive: half,
    negative: none,
    count: 2,
    sum: 8,
    min: 0,
    max: 8,
  };
  const histogramOf = (value: object) => valueOf(histogramData('h', { ...explicit, ...value }));
  const exponentialOf = (value: object) =>
    valueOf({
      ...histogramData('h', { ...exponential, ...value } as never),
      dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
    } as MetricData);

  it.each<[string, object]>([
    ['no count', { count: undefined }],
    ['a negative count', { count: -1 }],
    ['a count that is a fraction', { count: 2.5 }],
    ['a count that is no number', { count: Number.NaN }],
    ['a count that its buckets contradict', { count: 4 }],
    ['a negative bucket', { buckets: { boundaries: [10], counts: [-1, 4] } }],
    ['a bucket that is a fraction', { buckets: { boundaries: [10], counts: [1.5, 1.5] } }],
    ['a bucket that is no number', { buckets: { boundaries: [10], counts: [Number.NaN, 3] } }],
    ['a bucket too many', { buckets: { boundaries: [10], counts: [1, 1, 1] } }],
    ['a bucket too few', { buckets: { boundaries: [10], counts: [3] } }],
    ['boundaries that fall', { buckets: { boundaries: [20, 10], counts: [1, 1, 1] } }],
    ['a boundary that is no number', { buckets: { boundaries: [Number.NaN], counts: [1, 2] } }],
    ['a sum that is no number', { sum: '45' }],
  ])('is refused for %s', (_, value) => {
    expect(histogramOf(value)).toMatchObject({ refused: 'error' });
  });

  it.each<[string, object]>([
    ['no scale', { scale: undefined }],
    ['a scale that is too fine', { scale: 21 }],
    ['a scale that is too coarse', { scale: -11 }],
    ['no count of zeros', { zeroCount: undefined }],
    ['a count that its buckets contradict', { count: 3 }],
    ['an offset that is no number', { positive: { ...half, offset: Number.NaN } }],
    ['a bucket above all numbers', { positive: { ...half, offset: 1024 } }],
    ['a bucket below all numbers', { negative: { ...half, offset: -1076 }, count: 3 }],
    ['a negative bucket', { positive: { offset: 0, bucketCounts: [-1, 2] } }],
    ['buckets that are no array', { positive: { offset: 0, bucketCounts: { length: 1, 0: 1 } } }],
  ])('is refused for %s, too', (_, value) => {
    expect(exponentialOf(value)).toMatchObject({ refused: 'error' });
  });

  it('is taken where buckets are empty or at the ends of all numbers, and where boundaries are equal', () => {
    for (const value of [
      { buckets: { boundaries: [], counts: [] } },
      { buckets: { boundaries: [10, 10], counts: [1, 0, 2] } },
    ])
      expect(histogramOf(value)).toMatchObject({ type: 'explicit', count: 3 });
    for (const offset of [1023, -1074])
      expect(exponentialOf({ positive: { offset, bucketCounts: [1] } })).toMatchObject({ count: 2 });
  });

  it('stays as it was checked when somebody changes it', () => {
    const buckets = { boundaries: [10], counts: [1, 2] };
    const value = histogramOf({ buckets });
    buckets.counts.push(3);
    buckets.boundaries[0] = Number.NaN;
    expect(value).toMatchObject({ boundaries: [10], counts: [1, 2] });
  });
});

describe('what is received', () => {
  it('has the points that there were at that moment, and none that were changed since', () => {
    const [metric, other] = [sumData('a', 2), sumData('a', 3)];
    metric.dataPoints.push(...(other.dataPoints as never[]));
    const first = received(metric);
    metric.dataPoints.push(metric.dataPoints[0] as never);
    expect(first).toMatchObject({ points: 2, amount: 5 });
    expect(valueAt(first, 0)).toBe(2);
    Object.assign(metric.dataPoints[0]!, { value: 7 });
    metric.dataPoints.splice(1);
    for (const [index, amount] of [2, 3].entries()) {
      expect(valueAt(first, index)).toMatchObject({ refused: 'error' });
      expect(amountAt(first, index)).toBe(amount);
    }
  });

  it('counts a metric whose points nobody can count as one', () => {
    const broken = { ...sumData('a', 2), dataPoints: { length: 3 } };
    const metric = received(broken as never);
    expect(metric).toMatchObject({ points: 1, amount: 0 });
    expect(nameOf(metric)).toBe('a');
    expect(commonOf(metric)).toMatchObject({ refused: 'error' });
  });
});

describe('tallyOf', () => {
  it('finds nothing in what is no export', () => {
    expect(tallyOf({} as never)).toEqual({ points: 0, amount: 0 });
  });

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
