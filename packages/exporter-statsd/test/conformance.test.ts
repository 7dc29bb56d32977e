import { conformanceCasesOf } from '@tallykit/testkit';
import { describe, it, vi } from 'vitest';
import { subjects } from './subject.ts';

vi.mock('../../exporter-base/src/support/clock.ts', async (original) =>
  (await import('../../exporter-base/test/quick-clock.ts')).withQuickClock(original),
);

for (const { title, subject, missing: reason = '' } of subjects) {
  describe.skipIf(reason)(`StatsdMetricExporter ${title}${reason}`, () => {
    for (const { name, run } of conformanceCasesOf(subject)) it(name, () => run(subject));
  });
}
