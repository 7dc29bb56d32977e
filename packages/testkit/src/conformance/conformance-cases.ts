import type { ConformanceCase } from './conformance-case.ts';
import type { ConformanceSubject } from './conformance-subject.ts';
import { eventCases } from './event-cases.ts';
import { exportCases } from './export-cases.ts';
import { numberCases } from './number-cases.ts';
import { outageCases } from './outage-cases.ts';
import { payloadCases } from './payload-cases.ts';
import { pointCases } from './point-cases.ts';
import { processCases } from './process-cases.ts';
import { tagCases } from './tag-cases.ts';
import { timeCases } from './time-cases.ts';

/**
 * What must be true of every push exporter, as data for any test runner. The cases set the logger of OpenTelemetry's `diag`,
 * which is global: run one case at a time.
 *
 * @example
 * describe('conformance', () => {
 *   for (const { name, run } of conformanceCases) it(name, () => run(subject));
 * });
 */
export const conformanceCases: readonly ConformanceCase[] = [
  ...exportCases,
  ...pointCases,
  ...numberCases,
  ...tagCases,
  ...payloadCases,
  ...timeCases,
  ...eventCases,
  ...outageCases,
  ...processCases,
];

/**
 * The cases that a subject has to pass: all of them, without those that it leaves out because another subject of the same
 * exporter runs them.
 *
 * @example
 * for (const [title, subject] of Object.entries({ 'over UDP': overUdp, 'over TCP': overTcp })) {
 *   describe(`MyExporter ${title}`, () => {
 *     for (const { name, run } of conformanceCasesOf(subject)) it(name, () => run(subject));
 *   });
 * }
 */
export function conformanceCasesOf(subject: ConformanceSubject): readonly ConformanceCase[] {
  const leftOut: ReadonlySet<string> = new Set(subject.leavesOut);
  return conformanceCases.filter(({ runs }) => !leftOut.has(runs));
}
