import type { Series } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { seriesLine } from '../src/format.ts';

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
    expect(seriesLine({ ...series, value: -2 }, 20_000).message).toBe("'orders': -2");
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
