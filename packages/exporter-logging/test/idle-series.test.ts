import type { Series } from '@tallykit/exporter-base';
import { describe, expect, it } from 'vitest';
import { IdleSeries } from '../src/idle-series.ts';

const seriesOf = (id: number): Series => ({
  type: 'sum',
  name: `n${id}`,
  tags: '{}',
  unit: '',
  value: 1,
  startMillis: 0,
  endMillis: 1,
  points: 1,
  amount: 1,
});

describe('IdleSeries', () => {
  it('forgets those that have been idle for longest when there are more than 10,000', () => {
    const idle = new IdleSeries();
    const all = Array.from({ length: 10_005 }, (_, id) => seriesOf(id));
    expect([...idle.with(all)]).toHaveLength(10_005);
    const names = Array.from(idle.with([seriesOf(5)]), ({ name }) => name);
    expect(names).toHaveLength(10_000);
    expect(names.slice(0, 3)).toEqual(['n5', 'n6', 'n7']);
  });
});
