import { describe, it } from 'vitest';
import { conformanceCases, type ConformanceFacts } from '../src/index.ts';
import { KEPT, referenceSubject, REPLACING } from './reference-subject.ts';

describe.each<[string, Partial<ConformanceFacts>]>([
  ['that drops what is refused', {}],
  ['that keeps what is refused, without tags', { ...KEPT, tags: false }],
  ['whose payloads may arrive twice', REPLACING],
  ['of running totals, that counts nothing', { temporality: 'cumulative', stats: false }],
])('a healthy exporter %s', (_, facts) => {
  for (const { name, run } of conformanceCases) it(`passes: ${name}`, () => run(referenceSubject(facts)));
});
