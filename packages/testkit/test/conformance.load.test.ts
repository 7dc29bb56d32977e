import { describe, expect, it } from 'vitest';
import { conformanceCases, type ConformanceFacts } from '../src/index.ts';
import { ReferenceExporter } from './reference-exporter.ts';
import { KEPT, referenceSubject, REPLACING, type Variety } from './reference-subject.ts';

describe.each<[string, Partial<ConformanceFacts>]>([
  ['that drops what is refused', {}],
  ['that keeps what is refused, without tags', { ...KEPT, tags: false }],
  ['that promises less than to keep it', { outage: 'kept or dropped' }],
  ['whose payloads may arrive twice', REPLACING],
  ['of running totals, that counts nothing', { temporality: 'cumulative', stats: false }],
])('a healthy exporter %s', (_, facts) => {
  for (const { name, run } of conformanceCases) it(`passes: ${name}`, () => run(referenceSubject(facts)));
});

/** Computes longer for each payload than the suite waits for something that does not arrive. */
class OnASlowMachine extends ReferenceExporter {
  protected override post(
    ...args: Parameters<ReferenceExporter['post']>
  ): ReturnType<ReferenceExporter['post']> {
    const end = performance.now() + 100;
    while (performance.now() < end);
    return super.post(...args);
  }
}

it('waits longer where the machine is slow', async () => {
  const variety: Variety = { module: '', name: 'OnASlowMachine', Exporter: OnASlowMachine };
  const all = conformanceCases.find(({ name }) => name === 'Many payloads at once arrive whole');
  const running = all?.run(referenceSubject({ deadlineMillis: 20 }, {}, variety));
  await expect(running).resolves.toBeUndefined();
});
