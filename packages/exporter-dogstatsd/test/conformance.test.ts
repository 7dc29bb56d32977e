import { conformanceCasesOf } from '@tallykit/testkit';
import { describe, it } from 'vitest';
import { subjects } from './subject.ts';

for (const { title, subject, missing: reason = '' } of subjects) {
  describe.skipIf(reason)(`DogStatsdMetricExporter ${title}${reason}`, () => {
    for (const { name, run } of conformanceCasesOf(subject)) it(name, () => run(subject));
  });
}
