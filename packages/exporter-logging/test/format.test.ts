import type { Series } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { eventLine, seriesLine, summaryLine } from '../src/format.ts';

const common = {
  name: 'orders',
  tags: '{"plan":"pro"}',
  unit: '',
  startMillis: 9_000,
  endMillis: 20_000,
  points: 1,
  amount: 0,
};

describe('seriesLine', () => {
  it('has the rate since the last export, which a point that began late does not know', () => {
    const series: Series = { ...common, type: 'sum', value: 1204 };
    expect(seriesLine(series, 10_000)).toEqual({
      message: "'orders': +1204 (120.4/s)",
      metadata: {
        type: 'counter',
        value: 1204,
        rate: 120.4,
        intervalMillis: 10_000,
        metric: 'orders',
        unit: undefined,
        instance: undefined,
        tags: { plan: 'pro' },
      },
    });
    expect(seriesLine({ ...series, unit: 'By' }, 10_000).message).toBe("'orders': +1.176 KiB (120.4 B/s)");
    const atOnce = seriesLine({ ...series, value: -2 }, 20_000);
    expect(atOnce.message).toBe("'orders': -2");
    expect(atOnce.metadata).toMatchObject({ value: -2, rate: undefined, intervalMillis: 0 });
    // The clock was set back.
    expect(seriesLine(series, 30_000).metadata).toMatchObject({ rate: undefined, intervalMillis: 0 });
    expect(seriesLine({ ...series, value: 0 }, 10_000).message).toBe("'orders': +0 (0/s)");
  });

  it('is the value of a gauge', () => {
    expect(seriesLine({ ...common, type: 'gauge', value: -3 }, 10_000)).toEqual({
      message: "'orders': -3",
      metadata: {
        type: 'gauge',
        value: -3,
        metric: 'orders',
        unit: undefined,
        instance: undefined,
        tags: { plan: 'pro' },
      },
    });
  });

  it('has the figures of a distribution, in their order', () => {
    const value = {
      type: 'explicit',
      boundaries: [10],
      counts: [1, 0],
      count: 1,
      sum: 4,
      min: 4,
      max: 4,
    } as const;
    const series = { ...common, type: 'histogram', baseName: common.name, unit: 'ms', value } as const;
    expect(seriesLine(series, 10_000)).toEqual({
      message: "'orders': 1 value (0.1/s), sum 4 ms, min 4 ms, p50 4 ms, p95 4 ms, p99 4 ms, max 4 ms",
      metadata: {
        type: 'distribution',
        count: 1,
        sum: 4,
        min: 4,
        p50: 4,
        p95: 4,
        p99: 4,
        max: 4,
        rate: 0.1,
        intervalMillis: 10_000,
        metric: 'orders',
        unit: 'ms',
        instance: undefined,
        tags: { plan: 'pro' },
      },
    });
    const none = { ...value, counts: [0, 0], count: 0, sum: 0, min: undefined, max: undefined };
    expect(seriesLine({ ...series, value: none }, 20_000)).toMatchObject({
      message: "'orders': 0 values",
      metadata: { count: 0, rate: undefined },
    });
    expect(seriesLine({ ...series, value: none }, 20_000).metadata).not.toHaveProperty('sum');
  });

  it('says of a distribution what is known', () => {
    const value = {
      type: 'explicit',
      boundaries: [],
      counts: [4],
      count: 4,
      sum: undefined,
      min: undefined,
      max: undefined,
    } as const;
    const series = { ...common, type: 'histogram', baseName: common.name, unit: 'ms', value } as const;
    const { message } = seriesLine(series, 10_000);
    expect(message).toMatch(/^'orders': 4 values \(0\.4\/s\), p50 .* ms, p95 .* ms, p99 .* ms$/);
  });

  it('shows a hostile name, unit and tag in one line', () => {
    const series: Series = {
      ...common,
      type: 'gauge',
      value: 2,
      name: 'a\u001b[31m\u202e',
      unit: "s\n'b': 1",
      tags: JSON.stringify({ 'user\n': 'bob\r' }),
    };
    const { message, metadata } = seriesLine(series, 10_000);
    expect(message).toBe(String.raw`'a\x1b[31m\u202e': 2 "s\n'b': 1"`);
    expect(metadata).toMatchObject({ metric: String.raw`a\x1b[31m\u202e`, unit: String.raw`s\n'b': 1` });
  });
});

describe('summaryLine', () => {
  const distribution = (count: number): Series => ({
    ...common,
    type: 'histogram',
    baseName: common.name,
    value: {
      type: 'explicit',
      boundaries: [],
      counts: [count],
      count,
      sum: undefined,
      min: undefined,
      max: undefined,
    },
  });
  const counter: Series = { ...common, type: 'sum', value: 7 };
  const gauge: Series = { ...common, type: 'gauge', value: 7 };

  it('counts series of each kind, and values of distributions', () => {
    expect(summaryLine([counter, gauge, gauge, counter, counter, distribution(5), distribution(3)])).toEqual({
      message: '7 series: 3 counters, 2 gauges, 2 distributions with 8 values',
      metadata: { series: 7, counters: 3, gauges: 2, distributions: 2, values: 8 },
    });
    expect(summaryLine([counter, gauge, distribution(1)]).message).toBe(
      '3 series: 1 counter, 1 gauge, 1 distribution with 1 value',
    );
    expect(summaryLine([]).message).toBe('0 series: 0 counters, 0 gauges, 0 distributions with 0 values');
  });
});

describe('eventLine', () => {
  it('has title and text, and all else as metadata', () => {
    expect(
      eventLine({
        title: 'Deploy\n',
        text: '',
        tags: { plan: 'pro', instance: 'web-1' },
        alertType: 'info\n',
        timestamp: 7,
      }),
    ).toEqual({
      message: String.raw`'Deploy\n': ''`,
      metadata: {
        type: 'event',
        title: String.raw`Deploy\n`,
        text: '',
        instance: 'web-1',
        tags: { plan: 'pro' },
        alertType: String.raw`info\n`,
        timestamp: 7,
      },
    });
  });

  it.each([
    { title: '', text: 'x' },
    { title: 7, text: 'x' },
    { title: 'x', text: undefined },
  ])('refuses %j', (event) => {
    expect(() => eventLine(event as never)).toThrow(new TypeError('an event must have a title and a text'));
  });
});
