/**
 * Importing this adds the matchers to `expect` of Vitest.
 *
 * @module @tallykit/testkit/vitest
 */

import { expect } from 'vitest';
import { matchers, type MetricMatchers } from './recording/matchers.ts';

declare module 'vitest' {
  // oxlint-disable-next-line typescript/no-explicit-any, typescript/no-empty-object-type, no-unused-vars -- as vitest declares it
  interface Matchers<T = any> extends MetricMatchers {}
}

expect.extend(matchers);

export type { MetricMatchers } from './recording/matchers.ts';
