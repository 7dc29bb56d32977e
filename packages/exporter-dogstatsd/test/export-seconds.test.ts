import { expect, it } from 'vitest';
import { createExportSeconds } from '../src/export-seconds.ts';

it('two exports never have the same second, and all points of one export have one', () => {
  const secondOf = createExportSeconds();
  const ends = [
    1_700_000_000_100, 1_700_000_000_900, 1_700_000_000_901, 1_700_000_009_000, 1_700_000_000_100,
  ];
  expect(ends.map(secondOf)).toEqual([
    1_700_000_000, 1_700_000_001, 1_700_000_002, 1_700_000_009, 1_700_000_000,
  ]);
});

it('remembers no more than the last thousand exports', () => {
  const secondOf = createExportSeconds();
  const first = secondOf(5_000_000);
  for (let number = 1; number <= 1000; number += 1) secondOf(5_000_000 + number * 10_000);
  expect(secondOf(5_000_000 + 10_000)).toBe(5010);
  expect(secondOf(5_000_000)).toBeGreaterThan(first);
});
