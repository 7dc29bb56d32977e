import { describe, expect, it } from 'vitest';
import { Backlog } from '../src/delivery/backlog.ts';
import { mergeHistograms } from '../src/histogram/merge.ts';
import { PendingSeries } from '../src/series/pending-series.ts';
import { exponentialHistogram } from './record.ts';

function waiting(tags: string, keptSince: number, value: PendingSeries['value'] = 1): PendingSeries {
  const type = typeof value === 'number' ? 'sum' : 'histogram';
  const group = { type, name: 'n', baseName: 'n', unit: '', mergeHistograms } as const;
  const cargo = new PendingSeries(group, { tags, waiting: undefined, lastExport: 0 }, value, [0, 0], [1, 0]);
  cargo.keptSince = keptSince;
  return cargo;
}

const tagsOf = (list: readonly PendingSeries[]) => list.map(({ tags }) => tags);

describe('Backlog', () => {
  it('counts points and hands everything over', () => {
    const backlog = new Backlog();
    const [a, b] = [waiting('a', 1), waiting('b', 1)];
    b.add(2, [1, 0], [2, 0]);
    backlog.add(a);
    backlog.add(b);
    expect([backlog.size, backlog.points]).toEqual([2, 3]);
    expect(backlog.take()).toEqual([a, b]);
    expect([backlog.size, backlog.points, backlog.bytes]).toEqual([0, 0, 0]);
  });

  it('has no overflow up to its limits', () => {
    const backlog = new Backlog({ maxSeries: 2, maxBytes: 10_000 });
    backlog.add(waiting('a', 1));
    backlog.add(waiting('b', 1));
    expect(backlog.takeOverflow()).toEqual([]);
  });

  it('gives up first what has waited longest, whatever the order', () => {
    const backlog = new Backlog({ maxSeries: 2, maxBytes: 10_000 });
    for (const [tags, since] of [
      ['a', 3],
      ['b', 1],
      ['c', 2],
      ['d', 1],
      ['e', 4],
    ] as const) {
      backlog.add(waiting(tags, since));
    }
    expect(tagsOf(backlog.takeOverflow())).toEqual(['b', 'd', 'c']);
    expect([backlog.points, tagsOf(backlog.take())]).toEqual([2, ['a', 'e']]);
  });

  it('counts texts and buckets as memory', () => {
    const maxBytes = 20_000;
    const histogram = (buckets: number) =>
      exponentialHistogram({ positive: { offset: 0, bucketCounts: new Array<number>(buckets).fill(1) } });
    for (const [large, small] of [
      [waiting('x'.repeat(19_900), 1), waiting('y', 2)],
      [waiting('x', 1, histogram(2600)), waiting('y', 2)],
    ] as const) {
      const backlog = new Backlog({ maxSeries: 10, maxBytes });
      backlog.add(large);
      backlog.add(small);
      expect(backlog.bytes).toBeGreaterThan(maxBytes);
      expect(backlog.takeOverflow()).toEqual([large]);
      expect(backlog.bytes).toBeLessThan(1000);
    }
  });
});
