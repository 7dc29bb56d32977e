import { expect, it } from 'vitest';
import { TimeseriesStore } from '../src/index.ts';
import { memoryUsed } from './memory-used.ts';

/** Kept, because the memory of one that is forgotten is given back some time during the next test. */
const stores: TimeseriesStore[] = [];

it.each(['counter', 'gauge', 'distribution'] as const)('takes as many bytes for a %s as it says', (type) => {
  const store = new TimeseriesStore();
  stores.push(store);
  const record = (from: number, to: number): void => {
    for (let index = from; index < to; index += 1) {
      store.record({
        type,
        name: `some.service.metric${index}`,
        value: 1,
        tags: { region: 'eu', queue: `queue${index}` },
      });
    }
  };
  const count = type === 'distribution' ? 100 : 2000;
  record(0, count);
  const before = memoryUsed();
  const { bytes } = store.stats();
  record(count, 2 * count);
  const taken = memoryUsed() - before;
  const stated = store.stats().bytes - bytes;
  expect(taken / stated).toBeGreaterThan(0.7);
  expect(taken / stated).toBeLessThan(1.1);
});
