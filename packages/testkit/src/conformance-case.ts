import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { ConformanceCase } from './conformance.ts';
import { Trial } from './trial.ts';

/** What a case needs besides what it does. */
export interface CaseOptions {
  readonly views?: ViewOptions[];
  /** Its backend hangs, so it waits for the exporter's deadline. */
  readonly hangs?: boolean;
}

/** A case that runs as a trial of its own. */
export function conformanceCase(
  name: string,
  body: (trial: Trial) => Promise<void>,
  options: CaseOptions = {},
): ConformanceCase {
  return { name, run: (subject) => Trial.run(subject, body, options) };
}

/** What some protocol takes for the end of a name, a tag, a value or a line; and what breaks texts. */
export const HOSTILE: readonly string[] = [
  ...Array.from(':|@#,;=[]{}"\'\\/ \t\n\r\0\u001B\u007F\u0085\u2028\u2029\uFEFF'),
  '\uD800',
  '\uDC00',
  '',
  '~',
  '__proto__',
  '\n1:1|c',
  '\r\nother:1|c|#a:b',
  '|c\ninjected:1|c',
  ':1|c|@0.001',
  '|#a:b,c:d',
  ',a=b,c=d',
  ';a=b',
  '[a=b]',
  '#a=b',
  'é🚲',
  '%0A',
];
