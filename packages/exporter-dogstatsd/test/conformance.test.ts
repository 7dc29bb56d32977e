import { conformanceCasesOf } from '@tallykit/testkit';
import { describe, it, vi } from 'vitest';
import { subjects } from './subject.ts';

// A connection is on trial for a second, and what a backend refused is tried again after seconds.
vi.mock(import('../../exporter-base/src/support/clock.ts'), async (importActual) => {
  const { SkippingClock } = await import('../../exporter-base/test/skipping-clock.ts');
  return { ...(await importActual()), systemClock: new SkippingClock() };
});

for (const { title, subject, missing: reason = '' } of subjects) {
  describe.skipIf(reason)(`DogStatsdMetricExporter ${title}${reason}`, () => {
    for (const { name, run } of conformanceCasesOf(subject)) it(name, () => run(subject));
  });
}
