import type { HrTime } from '@opentelemetry/api';
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { gaugeData, histogramData, resourceMetrics, sumData } from '@tallykit/testkit';
import { describe, expect, it } from 'vitest';
import { tallyOf } from '../src/index.ts';
import { isTime, toMillis } from '../src/series/points.ts';
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

  it('is refused without a name, or with a type that nobody knows', () => {
    const metric = sumData('orders', 3);
    const descriptor = { ...metric.descriptor, name: 7 as never };
    expect(read({ ...metric, descriptor })).toEqual({ refused: 'error', reason: 'its name is no text' });
    expect(read({ ...metric, dataPointType: 99 as never })).toEqual({
      refused: 'error',
      reason: 'nobody knows its type',
    });
  });

  it('has an empty text for one that is left out', () => {
    const metric = sumData('orders', 3);
    const descriptor = { ...metric.descriptor, unit: undefined as never, description: undefined as never };
    expect(read({ ...metric, descriptor })).toMatchObject({ unit: '', description: '' });
  });
});

describe('a time', () => {
  it.each<[HrTime, boolean]>([
    [[0, 0], true],
    [[1_700_000_000, 5e8], true],
    // The latest moment of a Date: https://tc39.es/ecma262/#sec-time-values-and-time-range
    [[8.64e12, 0], true],
    [[8.64e12, 1e9], false],
    [[-1, 0], false],
    [[Number.NaN, 0], false],
  ])('%j can be exported: %s', (time, expected) => {
    expect(isTime(time)).toBe(expected);
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

  const NO_COUNT = 'a count of it is not a whole number of zero or more';
  const NOT_ASCENDING = 'the boundaries of its buckets are not ascending numbers';
  it.each<[string, object, string]>([
    ['no count', { count: undefined }, NO_COUNT],
    ['a negative count', { count: -1 }, NO_COUNT],
    ['a count that is a fraction', { count: 2.5 }, NO_COUNT],
    ['a count that is no number', { count: Number.NaN }, NO_COUNT],
    ['a count that its buckets contradict', { count: 4 }, 'its count is 4, and its buckets hold 3'],
    ['a negative bucket', { buckets: { boundaries: [10], counts: [-1, 4] } }, NO_COUNT],
    ['a bucket that is a fraction', { buckets: { boundaries: [10], counts: [1.5, 1.5] } }, NO_COUNT],
    ['a bucket that is no number', { buckets: { boundaries: [10], counts: [Number.NaN, 3] } }, NO_COUNT],
    [
      'a bucket too many',
      { buckets: { boundaries: [10], counts: [1, 1, 1] } },
      'it has 3 buckets for 1 boundaries',
    ],
    ['a bucket too few', { buckets: { boundaries: [10], counts: [3] } }, 'it has 1 buckets for 1 boundaries'],
    [
      'buckets without boundaries',
      { buckets: { boundaries: [], counts: [1, 2] } },
      'it has 2 buckets for 0 boundaries',
    ],
    [
      'boundaries without buckets',
      { buckets: { boundaries: [10], counts: [] } },
      'it has 0 buckets for 1 boundaries',
    ],
    ['boundaries that fall', { buckets: { boundaries: [20, 10], counts: [1, 1, 1] } }, NOT_ASCENDING],
    [
      'a boundary that is no number',
      { buckets: { boundaries: [Number.NaN], counts: [1, 2] } },
      NOT_ASCENDING,
    ],
    ['a sum that is no number', { sum: '45' }, 'its value is no number'],
  ])('is refused for %s', (_, value, reason) => {
    expect(histogramOf(value)).toEqual({ refused: 'error', reason });
  });

  const NO_SCALE = 'its scale is not a whole number from -10 to 20';
  const NO_NUMBERS = 'its buckets lie where no numbers are';
  it.each<[string, object, string]>([
    ['no scale', { scale: undefined }, NO_SCALE],
    ['a scale that is a fraction', { scale: 0.5 }, NO_SCALE],
    ['a scale that is too fine', { scale: 21 }, NO_SCALE],
    ['a scale that is too coarse', { scale: -11 }, NO_SCALE],
    ['no count of zeros', { zeroCount: undefined }, NO_COUNT],
    ['a count that its buckets contradict', { count: 3 }, 'its count is 3, and its buckets hold 2'],
    ['an offset that is no number', { positive: { ...half, offset: Number.NaN } }, NO_NUMBERS],
    ['a bucket above all numbers', { positive: { ...half, offset: 1024 } }, NO_NUMBERS],
    [
      'a bucket above all numbers, at a fine scale',
      { scale: 1, positive: { ...half, offset: 2048 } },
      NO_NUMBERS,
    ],
    [
      'a bucket above all numbers, at a coarse scale',
      { scale: -1, positive: { ...half, offset: 512 } },
      NO_NUMBERS,
    ],
    [
      'a last bucket above all numbers',
      { positive: { offset: 1020, bucketCounts: [1, 0, 0, 0, 1] }, count: 3 },
      NO_NUMBERS,
    ],
    ['a bucket below all numbers', { negative: { ...half, offset: -1076 }, count: 3 }, NO_NUMBERS],
    ['a negative bucket', { positive: { offset: 0, bucketCounts: [-1, 2] } }, NO_COUNT],
    [
      'buckets that are no array',
      { positive: { offset: 0, bucketCounts: { length: 1, 0: 1 } } },
      'its value could not be read: a list of its buckets is no array',
    ],
  ])('is refused for %s, too', (_, value, reason) => {
    expect(exponentialOf(value)).toEqual({ refused: 'error', reason });
  });

  it('is taken where buckets are empty or at the ends of all numbers, and where boundaries are equal', () => {
    for (const value of [
      { buckets: { boundaries: [], counts: [] } },
      { buckets: { boundaries: [10, 10], counts: [1, 0, 2] } },
      { sum: undefined },
    ])
      expect(histogramOf(value)).toMatchObject({ type: 'explicit', count: 3 });
    for (const value of [
      { positive: { offset: 1023, bucketCounts: [1] } },
      { positive: { offset: -1074, bucketCounts: [1] } },
      { positive: { offset: 1023, bucketCounts: [1, 0, 0] } },
      { positive: { offset: -1080, bucketCounts: [0, 0, 0, 0, 0, 0, 1] } },
      { positive: none, negative: half },
      { scale: 1, positive: { offset: 2047, bucketCounts: [1] } },
      { scale: -1, positive: { offset: 511, bucketCounts: [1] } },
      { scale: 20 },
      { scale: -10, positive: { offset: 0, bucketCounts: [1] } },
      { positive: { offset: 5_000, bucketCounts: [0] }, count: 1 },
      { positive: none, zeroCount: 0, count: 0 },
    ])
      expect(exponentialOf(value)).toMatchObject({ type: 'exponential', ...value });
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
