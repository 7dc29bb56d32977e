import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/index.ts';
import { createMetricProducer } from '../../src/producer.ts';
import { warnings } from '../collect.ts';

// In a file of its own, because the producers of other tests may be lost at any time.
describe('a lost producer', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  /** Collects garbage until the finalizers have run that `isOver` waits for. */
  async function untilFinalized(isOver: () => boolean): Promise<void> {
    for (let round = 0; round < 100 && !isOver(); round += 1) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('that nobody named, or that was detached, is not warned of', async () => {
    const lines = warnings({ ofLostProducers: true });
    let lost = 0;
    const registry = new FinalizationRegistry(() => (lost += 1));
    ((): void => {
      for (let made = 0; made < 20; made += 1) {
        const unnamed = createMetricProducer();
        const detached = createMetricProducer();
        createMetrics({ producers: [detached] });
        detached.detach();
        for (const producer of [unnamed, detached]) registry.register(producer, undefined);
      }
    })();
    // The last ones may be kept by what V8 keeps of this function.
    await untilFinalized(() => lost >= 36);
    expect(lost).toBeGreaterThanOrEqual(36);
    // Another registry may be told later.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(lines).toEqual([]);
  });

  it('leaves its set with one warning, and what was left of it is refused', async () => {
    const lines = warnings({ ofLostProducers: true });
    const metrics = ((): ReturnType<typeof createMetrics> =>
      createMetrics({ producers: [createMetricProducer()] }))();
    metrics.incr('hits', 5);
    await untilFinalized(() => metrics.stats().held === 0);
    expect(metrics.stats()).toMatchObject({ recorded: 1, held: 0, refused: { 'no-reader': 1 } });
    expect(lines.filter((line) => line.includes('a producer is gone'))).toHaveLength(1);
  });
});
